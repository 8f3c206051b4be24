// SPDX-License-Identifier: Apache-2.0
// One new reference, and a pause of 10 ms: less than what is reserved.

import { sleep } from 'k6';

import { options as common } from './service.js';
import { newReferences } from './status.js';

export const options = common(12);

export default function () {
	newReferences(1);
	sleep(0.01);
}
