// SPDX-License-Identifier: Apache-2.0
// 25 new references at once, and a pause of 250 ms: less than what is reserved.

import { sleep } from 'k6';

import { options as common } from './service.js';
import { newReferences } from './status.js';

export const options = common(10);

export default function () {
	newReferences(25);
	sleep(0.25);
}
