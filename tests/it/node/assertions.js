// SPDX-License-Identifier: Apache-2.0
// Makes assertions with libraries that are not ours, and gets tokens for them:
// oauth4webapi authenticates clients, jose signs for machine users. Prints a line
// per check: its name, a tab, "ok" or what was wrong.
//
// usage: node assertions.js ISSUER FOLDER, with these files in the folder:
//   NAME.json         key files of machine users
//   client.pem        private key (ES256, PKCS #8) of the client "signer"
//   secret            a secret of the client "mac", made with --for-jwt

import * as oauth from 'oauth4webapi'
import * as jose from 'jose'
import { createPrivateKey } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'

import { check, discover, equal, plain } from './check.js'

const [issuer, folder] = process.argv.slice(2)
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const as = await discover(issuer, 'oauth2')

async function post(parameters) {
	const response = await fetch(as.token_endpoint, { method: 'POST', body: new URLSearchParams(parameters) })
	return { status: response.status, body: await response.json() }
}

// ---- machine users ----

function algOf(key) {
	if (key.asymmetricKeyType === 'rsa') {
		return 'RS256'
	}
	if (key.asymmetricKeyType === 'ed25519') {
		return 'EdDSA'
	}
	return { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }[key.asymmetricKeyDetails.namedCurve]
}

function assertion(file, changes = {}, header = {}) {
	const key = createPrivateKey(file.key)
	const now = Math.floor(Date.now() / 1000)
	const claims = { iss: file.userId, sub: file.userId, aud: issuer, iat: now, exp: now + 5, ...changes }
	return new jose.SignJWT(claims)
		.setProtectedHeader({ alg: header.alg ?? algOf(key), kid: file.keyId, ...header })
		.sign(key)
}

const keys = jose.createRemoteJWKSet(new URL(as.jwks_uri))
const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
for (const name of names) {
	const file = JSON.parse(readFileSync(`${folder}/${name}`))
	const alg = name.replace('.json', '')
	const header = { alg }
	await check(`jose (npm): ${alg}: a token for an assertion`, async () => {
		const { status, body } = await post({ grant_type: GRANT, scope: 'openid', assertion: await assertion(file, {}, header) })
		equal([status, body.token_type, body.scope, body.refresh_token], [200, 'Bearer', 'openid', undefined])
		const id = await jose.jwtVerify(body.id_token, keys, { issuer, audience: file.userId, subject: file.userId })
		equal(id.payload.exp > id.payload.iat, true)
		const access = await jose.jwtVerify(body.access_token, keys, { issuer, typ: 'at+jwt', subject: file.userId })
		equal(access.payload.client_id, file.userId)
	})
	const now = Math.floor(Date.now() / 1000)
	const bad = { past: { exp: now - 1 }, 'another audience': { aud: 'https://other.example' }, 'another subject': { sub: 'x' },
		'issued in the future': { iat: now + 60, exp: now + 120 } }
	for (const [what, changes] of Object.entries(bad)) {
		await check(`jose (npm): ${alg}: ${what} is invalid_grant`, async () => {
			const { status, body } = await post({ grant_type: GRANT, assertion: await assertion(file, changes, header) })
			equal([status, body.error], [400, 'invalid_grant'])
		})
	}
	await check(`oauth4webapi: ${alg}: the grant`, async () => {
		const client = { client_id: 'nobody' }
		const response = await oauth.genericTokenEndpointRequest(as, client, (_as, _client, body) => body.delete('client_id'), GRANT,
			{ assertion: await assertion(file, { aud: [as.token_endpoint] }, header) }, plain)
		const answer = await oauth.processGenericTokenEndpointResponse(as, client, response)
		equal(answer.token_type, 'bearer')
	})
}

// ---- clients ----

async function token(client, auth) {
	return oauth.processClientCredentialsResponse(as, client,
		await oauth.clientCredentialsGrantRequest(as, client, auth, {}, plain))
}

async function refused(name, client, auth) {
	await check(name, async () => {
		try {
			await token(client, auth)
		} catch (error) {
			equal((error.response ?? error.cause?.response ?? error.cause).status, 401)
			return
		}
		throw new Error('it was accepted')
	})
}

const signer = { client_id: 'signer' }
const mac = { client_id: 'mac' }
const key = await jose.importPKCS8(readFileSync(`${folder}/client.pem`, 'utf8'), 'ES256')
const secret = readFileSync(`${folder}/secret`, 'utf8').trim()
let used
await check('oauth4webapi: private_key_jwt', async () => {
	equal((await token(signer, async (server, client, body, headers) => {
		await oauth.PrivateKeyJwt(key)(server, client, body, headers)
		used = body.get('client_assertion')
	})).token_type, 'bearer')
})
await refused('oauth4webapi: private_key_jwt: the same assertion again', signer, (_server, _client, body) => {
	body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
	body.set('client_assertion', used)
})
await refused('oauth4webapi: private_key_jwt: addressed to the token endpoint', signer, oauth.PrivateKeyJwt(key, {
	[oauth.modifyAssertion]: (_header, payload) => { payload.aud = as.token_endpoint },
}))
await refused('oauth4webapi: private_key_jwt: with two audiences', signer, oauth.PrivateKeyJwt(key, {
	[oauth.modifyAssertion]: (_header, payload) => { payload.aud = [issuer, as.token_endpoint] },
}))
await refused('oauth4webapi: private_key_jwt: for another client', mac, oauth.PrivateKeyJwt(key))
await check('oauth4webapi: client_secret_jwt', async () => {
	equal((await token(mac, oauth.ClientSecretJwt(secret))).token_type, 'bearer')
})
await refused('oauth4webapi: client_secret_jwt: another secret', mac, oauth.ClientSecretJwt(`${secret}x`))
await refused('oauth4webapi: client_secret_jwt: for another client', signer, oauth.ClientSecretJwt(secret))
