// SPDX-License-Identifier: Apache-2.0
// One status is set, at a random index to a random value, without a pause.
// Published with 10 and with 100 users: -e VUS=100.

import { options as common } from './service.js';
import { list, size, update } from './status.js';

export const options = common(10);

export function setup() {
	return list();
}

function below(n) {
	return Math.floor(Math.random() * n);
}

export default function (uri) {
	update(uri, below(size), below(2));
}
