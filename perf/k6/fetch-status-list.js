// SPDX-License-Identifier: Apache-2.0
// The same list, again and again, without a pause. Its URI is what is fetched;
// what answers there is for the web server's configuration to say.

import { check } from 'k6';
import http from 'k6/http';

import { options as common } from './service.js';
import { list } from './status.js';

export const options = common(100);

export function setup() {
	return list();
}

export default function (uri) {
	const res = http.get(uri);
	check(res, {
		'list status ok': (r) => r.status === 200,
		'list returned': (r) => r.body.length > 0,
	});
}
