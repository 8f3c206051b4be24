// SPDX-License-Identifier: Apache-2.0
// Every grant, and what is done with its tokens, by a client library that is not
// ours: oauth4webapi authenticates in each way, refreshes, introspects, revokes,
// validates the ID token and asks for userinfo; jose signs the assertions.
// Prints a line per check: its name, a tab, "ok" or what was wrong.
//
// usage: node grants.js ISSUER SETUP, a JSON file:
//	app, maced: {client_id, client_secret}; keyed: {client_id, jwk};
//	open: {client_id}; login, password, user_id; machine: a key file of ours

import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as oauth from 'oauth4webapi'
import * as jose from 'jose'

import { check, discover, equal, plain, refused, refusedAs } from './check.js'

const [issuer, path] = process.argv.slice(2)
const setup = JSON.parse(readFileSync(path))
const as = await discover(issuer, 'oauth2')
const URN = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

function client(one) {
	return { client_id: one.client_id, id_token_signed_response_alg: 'ES256' }
}

async function privateKeyJwt(one) {
	// Of a key that says "verify" as well, WebCrypto wants to know nothing.
	const key = await jose.importJWK({ ...one.jwk, key_ops: ['sign'] })
	return oauth.PrivateKeyJwt({ key, kid: one.jwk.kid })
}

const app = client(setup.app)
const basic = oauth.ClientSecretBasic(setup.app.client_secret)

async function clientCredentials(one, auth) {
	const response = await oauth.clientCredentialsGrantRequest(as, client(one), auth, {}, plain)
	return oauth.processClientCredentialsResponse(as, client(one), response)
}

async function generic(one, auth, type, parameters) {
	const response = await oauth.genericTokenEndpointRequest(as, one, auth, type, parameters, plain)
	return oauth.processGenericTokenEndpointResponse(as, one, response)
}

async function logIn(scope = 'openid profile read') {
	return generic(app, basic, 'password', { username: setup.login, password: setup.password, scope })
}

async function refresh(token, parameters = {}) {
	const options = { ...plain, additionalParameters: parameters }
	const response = await oauth.refreshTokenGrantRequest(as, app, basic, token, options)
	return oauth.processRefreshTokenResponse(as, app, response)
}

async function introspect(token, one = app, auth = basic) {
	const response = await oauth.introspectionRequest(as, one, auth, token, plain)
	return oauth.processIntrospectionResponse(as, one, response)
}

async function revoke(token) {
	const response = await oauth.revocationRequest(as, app, basic, token, plain)
	return oauth.processRevocationResponse(response)
}

async function userinfo(token) {
	const response = await oauth.userInfoRequest(as, app, token, plain)
	return oauth.processUserInfoResponse(as, app, setup.user_id, response)
}

// ---- client authentication ----------------------------------------------------

const methods = {
	client_secret_basic: [setup.app, basic],
	client_secret_post: [setup.app, oauth.ClientSecretPost(setup.app.client_secret)],
	private_key_jwt: [setup.keyed, await privateKeyJwt(setup.keyed)],
	client_secret_jwt: [setup.maced, oauth.ClientSecretJwt(setup.maced.client_secret)],
}
for (const [method, [one, auth]] of Object.entries(methods)) {
	await check(`${method} is announced`, async () => {
		equal(as.token_endpoint_auth_methods_supported.includes(method), true)
	})
	await check(`client credentials with ${method}`, async () => {
		const answer = await clientCredentials(one, auth)
		equal([answer.token_type, answer.refresh_token], ['bearer', undefined])
		const claims = jose.decodeJwt(answer.access_token)
		equal([claims.client_id, claims.sub], [one.client_id, one.client_id])
	})
	await check(`introspection with ${method}`, async () => {
		const { access_token: token } = await clientCredentials(one, auth)
		const answer = await introspect(token, client(one), auth)
		equal([answer.active, answer.client_id], [true, one.client_id])
	})
}
await refusedAs('private_key_jwt with a key that is not registered', 401, async () => {
	const { privateKey } = await jose.generateKeyPair('ES256')
	await clientCredentials(setup.keyed, oauth.PrivateKeyJwt({ key: privateKey, kid: setup.keyed.jwk.kid }))
})
await refused('client credentials of a public client', () => clientCredentials(setup.open, oauth.None()))

// ---- password, ID token, userinfo ---------------------------------------------

let login
const keys = jose.createRemoteJWKSet(new URL(as.jwks_uri))
await check('password', async () => {
	login = await logIn()
	equal([login.token_type, login.scope], ['bearer', 'openid profile read'])
})
await check('the access token is as RFC 9068 wants it', async () => {
	const request = new Request(`${issuer}/api`, { headers: { authorization: `Bearer ${login.access_token}` } })
	const claims = await oauth.validateJwtAccessToken(as, request, issuer, plain)
	equal([claims.client_id, claims.sub], [app.client_id, setup.user_id])
})
await check('the ID token is valid for the library', async () => {
	const claims = oauth.getValidatedIdTokenClaims(login)
	equal([claims.iss, claims.aud, claims.sub], [issuer, app.client_id, setup.user_id])
	equal([claims.preferred_username, claims.exp > claims.iat, Number.isInteger(claims.auth_time)],
		[setup.login, true, true])
})
await check('and its signature is of our key set', async () => {
	const wanted = { issuer, audience: app.client_id, algorithms: ['ES256'] }
	const { protectedHeader } = await jose.jwtVerify(login.id_token, keys, wanted)
	equal(protectedHeader.typ, 'JWT')
})
await check('userinfo', async () => {
	const answer = await userinfo(login.access_token)
	equal([answer.sub, answer.preferred_username], [setup.user_id, setup.login])
})
await refused('userinfo with the ID token', () => userinfo(login.id_token))
await refusedAs('a wrong password', 'invalid_grant', () =>
	generic(app, basic, 'password', { username: setup.login, password: 'not the password' }))
await check('password of a public client', async () => {
	const answer = await generic(client(setup.open), oauth.None(), 'password',
		{ username: setup.login, password: setup.password })
	equal(jose.decodeJwt(answer.access_token).client_id, setup.open.client_id)
})

// ---- refresh, introspection, revocation ---------------------------------------

let next
await check('refresh', async () => {
	next = await refresh(login.refresh_token)
	equal([next.scope, next.refresh_token !== login.refresh_token], [login.scope, true])
})
await check('refresh with less scope', async () => {
	next = await refresh(next.refresh_token, { scope: 'read' })
	equal([next.scope, next.id_token], ['read', undefined])
})
await check('and the next has all of it again', async () => {
	next = await refresh(next.refresh_token)
	equal(next.scope, login.scope)
})
await refusedAs('refresh with more scope', 'invalid_scope', () =>
	refresh(next.refresh_token, { scope: 'read write' }))
await check('introspection of an access token', async () => {
	const answer = await introspect(next.access_token)
	equal([answer.active, answer.sub, answer.client_id, answer.username, answer.scope],
		[true, setup.user_id, app.client_id, setup.login, login.scope])
	equal(answer.jti, jose.decodeJwt(next.access_token).jti)
})
await check('introspection of a refresh token', async () => {
	equal((await introspect(next.refresh_token)).active, true)
})
await check('revocation of the refresh token ends the family', async () => {
	await revoke(next.refresh_token)
	for (const token of [next.refresh_token, next.access_token, login.access_token]) {
		equal(await introspect(token), { active: false })
	}
})
await refusedAs('refresh after that', 'invalid_grant', () => refresh(next.refresh_token))
await refused('userinfo after that', () => userinfo(next.access_token))
await check('revocation of an unknown token is no error', () => revoke('unknown'))

// ---- JWT bearer ----------------------------------------------------------------

async function machineAssertion() {
	const { key, keyId, userId } = setup.machine
	const now = Math.floor(Date.now() / 1000)
	return new jose.SignJWT({ iss: userId, sub: userId, aud: issuer, iat: now, exp: now + 60 })
		.setProtectedHeader({ alg: 'RS256', kid: keyId })
		.sign(createPrivateKey(key))
}

async function bearer(assertion) {
	const body = new URLSearchParams({ grant_type: URN, assertion, scope: 'openid' })
	const response = await fetch(as.token_endpoint, { method: 'POST', body })
	const answer = await response.json()
	if (response.status !== 200) {
		throw Object.assign(new Error(`status ${response.status}`), answer)
	}
	return answer
}

await check('JWT bearer of a machine user, with an ID token', async () => {
	const answer = await bearer(await machineAssertion())
	const wanted = { issuer, subject: setup.machine.userId, algorithms: ['ES256'] }
	await jose.jwtVerify(answer.access_token, keys, { ...wanted, audience: issuer, typ: 'at+jwt' })
	await jose.jwtVerify(answer.id_token, keys, wanted)
	equal(answer.refresh_token, undefined)
})
