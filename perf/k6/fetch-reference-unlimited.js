// SPDX-License-Identifier: Apache-2.0
// One new reference after the other, without a pause, with a pool that delays or
// one that fails when there is none left. Published with 10 and with 100 users:
// -e VUS=100.

import { options as common } from './service.js';
import { newReferences } from './status.js';

export const options = common(10);

export default function () {
	newReferences(1);
}
