// SPDX-License-Identifier: Apache-2.0
// What the plans share: the files of perf/prepare, the discovery document, and
// the assertions of machine users. Nothing is fetched but from the service.

import { check, fail } from 'k6';
import encoding from 'k6/encoding';
import http from 'k6/http';

const folder = __ENV.DATA || import.meta.resolve('../data');

// read NAME: a JSON file of perf/prepare. For the init context only.
export function read(name) {
	return JSON.parse(open(`${folder}/${name}`));
}

// The percentiles of the published report; users and time as -e VUS and
// -e DURATION say, or the report's number of users and half a minute.
export function options(vus, more) {
	return Object.assign(
		{
			vus: Number(__ENV.VUS || vus),
			duration: __ENV.DURATION || '30s',
			summaryTrendStats: ['min', 'avg', 'max', 'p(50)', 'p(95)', 'p(99)'],
		},
		more,
	);
}

// The document is taken once by each virtual user.
let metadata;

export function configuration(url) {
	if (metadata === undefined) {
		const res = http.get(`${url}/.well-known/openid-configuration`);
		check(res, { 'openid configuration': (r) => r.status === 200 }) ||
			fail(`${url} does not answer as an OpenID provider does: ${res.status}`);
		metadata = res.json();
	}
	return metadata;
}

// ---- assertions of machine users (RFC 7523) ---------------------------------

const lifetime = 5; // seconds, as in the published load

function base64url(data) {
	return encoding.b64encode(data, 'rawurl');
}

function der(pem) {
	return encoding.b64decode(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'std');
}

// Importing a key takes longer than signing with it: once by each virtual user.
const keys = {};

async function signingKey(pem) {
	if (keys[pem] === undefined) {
		const how = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
		keys[pem] = await crypto.subtle.importKey('pkcs8', der(pem), how, false, ['sign']);
	}
	return keys[pem];
}

function bytes(text) {
	return Uint8Array.from(Array.from(text, (c) => c.charCodeAt(0)));
}

// assertion MACHINE, ISSUER: signed afresh, with the key file of a machine user.
export async function assertion(machine, issuer) {
	const key = await signingKey(machine.key); // which may take longer than the lifetime
	const now = Math.floor(Date.now() / 1000);
	const header = { alg: 'RS256', kid: machine.keyId };
	const claims = {
		iss: machine.userId,
		sub: machine.userId,
		aud: issuer,
		iat: now,
		exp: now + lifetime,
	};
	const text = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
	const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, bytes(text));
	return `${text}.${base64url(signature)}`;
}
