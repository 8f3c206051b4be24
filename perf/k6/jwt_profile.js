// SPDX-License-Identifier: Apache-2.0
// One token for an assertion that is signed afresh, with the checks and the
// metric of the published report.

import { check } from 'k6';
import http from 'k6/http';
import { Trend } from 'k6/metrics';

import { assertion, configuration } from './service.js';

const tokenDuration = new Trend('oidc_token_duration', true);

export async function token(machine, url) {
	const provider = configuration(url);
	const res = http.post(provider.token_endpoint, {
		grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
		scope: 'openid',
		assertion: await assertion(machine, provider.issuer),
	});
	tokenDuration.add(res.timings.duration);
	check(res, {
		'token status ok': (r) => r.status === 200,
		'access token returned': (r) => r.status === 200 && !!r.json('access_token'),
	});
}
