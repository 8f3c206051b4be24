// SPDX-License-Identifier: Apache-2.0
// Obtains tokens and verifies them with libraries that are not ours: oauth4webapi
// (discovery, client credentials, RFC 9068) and jose. Prints a line per check: its
// name, a tab, "ok" or what was wrong.
//
// usage: node verify.js ISSUER ALG, with DEMO_CLIENT_ID and DEMO_CLIENT_SECRET set

import * as oauth from 'oauth4webapi'
import * as jose from 'jose'

import { check, discover, equal, plain, refused } from './check.js'

const [issuer, alg] = process.argv.slice(2)
const id = process.env.DEMO_CLIENT_ID
const secret = process.env.DEMO_CLIENT_SECRET
const client = { client_id: id }

async function token(as, auth, parameters) {
	const response = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, plain)
	return oauth.processClientCredentialsResponse(as, client, response)
}

function altered(jwt, part) {
	const parts = jwt.split('.')
	const bytes = Buffer.from(parts[part], 'base64url')
	bytes[bytes.length >> 1] ^= 1
	parts[part] = bytes.toString('base64url')
	return parts.join('.')
}

let as
await check('oauth4webapi: discovery, RFC 8414', async () => {
	as = await discover(issuer, 'oauth2')
})
await check('oauth4webapi: discovery, OpenID', async () => {
	equal(await discover(issuer, 'oidc'), as)
})

let jwt
const methods = { client_secret_basic: oauth.ClientSecretBasic, client_secret_post: oauth.ClientSecretPost }
for (const [method, make] of Object.entries(methods)) {
	await check(`oauth4webapi: client credentials with ${method}`, async () => {
		equal(as.token_endpoint_auth_methods_supported.includes(method), true)
		const answer = await token(as, make(secret), { scope: 'write read' })
		equal([answer.token_type, answer.expires_in, answer.scope], ['bearer', 3600, 'read write'])
		jwt = answer.access_token
	})
	await check(`oauth4webapi: validateJwtAccessToken (RFC 9068), ${method}`, async () => {
		const request = new Request(`${issuer}/api`, { headers: { authorization: `Bearer ${jwt}` } })
		const claims = await oauth.validateJwtAccessToken(as, request, issuer, plain)
		equal([claims.client_id, claims.sub, claims.scope], [id, id, 'read write'])
	})
	await check(`oauth4webapi: a wrong secret is told apart, ${method}`, async () => {
		try {
			await token(as, make('hush-hush-not-the-secret'))
		} catch (error) {
			const response = error.response ?? error.cause?.response ?? error.cause
			equal(response.status, 401)
			return
		}
		throw new Error('it was accepted')
	})
}
await check('oauth4webapi: a scope that is not allowed is invalid_scope', async () => {
	try {
		await token(as, oauth.ClientSecretBasic(secret), { scope: 'admin' })
	} catch (error) {
		equal(error.error, 'invalid_scope')
		return
	}
	throw new Error('it was accepted')
})

const keys = jose.createRemoteJWKSet(new URL(as.jwks_uri))
const wanted = {
	issuer,
	audience: issuer,
	typ: 'at+jwt',
	algorithms: [alg],
	subject: id,
	requiredClaims: ['iss', 'sub', 'aud', 'client_id', 'iat', 'exp', 'jti', 'scope'],
}
await check('jose (npm): jwtVerify', async () => {
	const { payload, protectedHeader } = await jose.jwtVerify(jwt, keys, wanted)
	equal([protectedHeader.alg, protectedHeader.typ], [alg, 'at+jwt'])
	equal(payload.exp - payload.iat, 3600)
})
await check('jose (npm): the kid is the thumbprint of the key (RFC 7638)', async () => {
	const set = await (await fetch(as.jwks_uri)).json()
	const { kid } = jose.decodeProtectedHeader(jwt)
	const key = set.keys.find((one) => one.kid === kid)
	equal(await jose.calculateJwkThumbprint(key), kid)
	equal([key.alg, key.use], [alg, 'sig'])
})
await refused('jose (npm): another audience', () => jose.jwtVerify(jwt, keys, { ...wanted, audience: 'x' }))
await refused('jose (npm): an altered claim', () => jose.jwtVerify(altered(jwt, 1), keys, wanted))
await refused('jose (npm): an altered signature', () => jose.jwtVerify(altered(jwt, 2), keys, wanted))
