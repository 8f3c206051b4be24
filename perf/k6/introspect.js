// SPDX-License-Identifier: Apache-2.0
// Introspection of a token of its own by each virtual user.

import { check, fail } from 'k6';
import encoding from 'k6/encoding';
import exec from 'k6/execution';
import http from 'k6/http';
import { Trend } from 'k6/metrics';

import { configuration, options as common, read } from './service.js';

const service = read('k6.json');
const duration = new Trend('oidc_introspect_duration', true);
const resource = encoding.b64encode(`${service.resource.id}:${service.resource.secret}`);

export const options = common(100);

function token(endpoint) {
	const res = http.post(endpoint, {
		grant_type: 'client_credentials',
		client_id: service.client.id,
		client_secret: service.client.secret,
	});
	return res.status === 200 ? res.json('access_token') : fail(`no token: ${res.status}`);
}

export function setup() {
	const endpoint = configuration(service.url).token_endpoint;
	return Array.from({ length: options.vus }, () => token(endpoint));
}

export default function (tokens) {
	const res = http.post(
		configuration(service.url).introspection_endpoint,
		{ token: tokens[(exec.vu.idInTest - 1) % tokens.length] },
		{ headers: { Authorization: `Basic ${resource}` } },
	);
	duration.add(res.timings.duration);
	check(res, {
		'introspect status ok': (r) => r.status === 200,
		'introspect token active': (r) => r.status === 200 && r.json('active') === true,
	});
}
