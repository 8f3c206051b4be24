// SPDX-License-Identifier: Apache-2.0
// Requests for status lists, as the published plans make them: with the pool's
// key in X-Api-Key.

import { check, fail } from 'k6';
import http from 'k6/http';

import { read } from './service.js';

const service = read('k6.json');

// -e POOL=fail: the pool that refuses when no index is reserved, in place of the
// one that delays.
const pool = service.pools[__ENV.POOL || 'delay'];

export const size = pool.size;

// A refusal for want of reserved indices is an answer of a pool that has
// "on-underflow = fail": it is counted as failed, as in the published results.
export function newReferences(amount) {
	const query = amount === 1 ? '' : `?amount=${amount}`;
	const res = http.post(`${service.url}/pools/${pool.name}/new-references${query}`, null, {
		headers: { 'X-Api-Key': pool.key },
		tags: { name: 'new-references' },
	});
	check(res, {
		'references status ok': (r) => r.status === 200,
		'references returned': (r) => r.status === 200 && r.json('references').length === amount,
	});
	return res;
}

// The URI of a list of the pool, for setup().
export function list() {
	const res = newReferences(1);
	return res.status === 200 ? res.json('references.0.uri') : fail(`no list: ${res.status}`);
}

export function update(uri, index, value) {
	const res = http.patch(
		`${service.url}/status-lists/update`,
		JSON.stringify({ uri, index, value }),
		{
			headers: { 'X-Api-Key': pool.key, 'Content-Type': 'application/json' },
			tags: { name: 'update' },
		},
	);
	check(res, { 'update status ok': (r) => r.status === 204 });
}
