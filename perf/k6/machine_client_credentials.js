// SPDX-License-Identifier: Apache-2.0
// client_credentials, with the secret in the body.

import { check } from 'k6';
import http from 'k6/http';
import { Trend } from 'k6/metrics';

import { configuration, options as common, read } from './service.js';

const service = read('k6.json');
const duration = new Trend('oidc_client_credentials_duration', true);

export const options = common(100);

export default function () {
	const res = http.post(configuration(service.url).token_endpoint, {
		grant_type: 'client_credentials',
		scope: 'openid',
		client_id: service.client.id,
		client_secret: service.client.secret,
	});
	duration.add(res.timings.duration);
	check(res, {
		'client credentials status ok': (r) => r.status === 200,
		'client credentials token ok': (r) => r.status === 200 && !!r.json('access_token'),
	});
}
