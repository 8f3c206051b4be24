// SPDX-License-Identifier: Apache-2.0
// Uses status lists as others would, with libraries that are not ours: SD-JWT
// credentials that refer to a list (@sd-jwt/sd-jwt-vc, which fetches it), the list
// as a JWT (@sd-jwt/jwt-status-list, jose) and as a CWT (@auth0/cose, cbor-x).
// Prints a line per check: its name, a tab, "ok" or what was wrong.
//
// usage: node lists.js ISSUER POOL API_KEY BITS [TRUSTED.pem]
//
// TRUSTED is the root of the certificates in the lists of this pool, or the public key
// that signs them; without it that is in the key set.

import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { inflateSync } from 'node:zlib'

import { COSEKey, decode as decodeCose, Sign1 } from '@auth0/cose'
import { getListFromStatusListJWT } from '@sd-jwt/jwt-status-list'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { Decoder } from 'cbor-x'
import * as jose from 'jose'

import { check, equal, refused } from './check.js'

const [issuer, pool, apiKey, bits, trustedFile] = process.argv.slice(2)
const trusted = trustedFile ? readFileSync(trustedFile, 'utf8') : ''
const isRoot = trusted.includes('CERTIFICATE')
const JWT = 'application/statuslist+jwt'
const CWT = 'application/statuslist+cwt'
// draft-ietf-oauth-status-list §14.3, RFC 8392 §4, RFC 9596, RFC 9360
const CLAIM = { iss: 1, sub: 2, exp: 4, iat: 6, list: 65533, ttl: 65534 }
const HEADER = { kid: 4, typ: 16 }
const cbor = new Decoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false })

// ---- the service ----

async function references(amount) {
	const url = `${issuer}/pools/${pool}/new-references?amount=${amount}`
	const response = await fetch(url, { method: 'POST', headers: { 'x-api-key': apiKey } })
	equal(response.status, 200)
	return (await response.json()).references
}

async function update(reference, value) {
	const response = await fetch(`${issuer}/status-lists/update`, {
		method: 'PATCH',
		headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
		body: JSON.stringify({ ...reference, value }),
	})
	equal(response.status, 204)
}

async function list(uri, type) {
	const response = await fetch(uri, { headers: { accept: type } })
	equal([response.status, response.headers.get('content-type')], [200, type])
	return Buffer.from(await response.arrayBuffer())
}

// Whether a status is seen, as soon as the list says so.
async function seen(work) {
	for (let left = 100; ; left--) {
		try {
			return await work()
		} catch (error) {
			if (left === 0) throw error
			await sleep(100)
		}
	}
}

// ---- who signed ----

const jwks = jose.createRemoteJWKSet(new URL(`${issuer}/oauth2/jwks`))

async function listKey(header) {
	if (!trusted) return jwks(header)
	if (!isRoot) return jose.importSPKI(trusted, header.alg)
	const leaf = new X509Certificate(Buffer.from(header.x5c[0], 'base64'))
	equal(leaf.verify(new X509Certificate(trusted).publicKey), true)
	return leaf.publicKey
}

function verifyList(jwt, uri) {
	return jose.jwtVerify(jwt, listKey, {
		algorithms: ['ES256'], typ: 'statuslist+jwt', subject: uri,
		requiredClaims: ['sub', 'iat', 'exp', 'ttl', 'status_list'],
	})
}

async function verifyCwt(bytes) {
	const sign1 = Sign1.decode(bytes)
	if (isRoot) return sign1.verifyX509([trusted])
	if (trusted) return sign1.verify(await jose.importSPKI(trusted, 'ES256'))
	const { keys } = await (await fetch(`${issuer}/oauth2/jwks`)).json()
	const key = COSEKey.fromJWK(keys.find((each) => each.kid === kidOf(sign1)))
	return sign1.verify(await key.toKeyLike())
}

function kidOf(sign1) {
	const kid = sign1.unprotectedHeaders.get(HEADER.kid)
	return kid && Buffer.from(kid).toString()
}

// ---- credentials that refer to the list ----

const holder = await jose.generateKeyPair('ES256')
const credentials = new SDJwtVcInstance({
	signAlg: 'ES256',
	hashAlg: 'sha-256',
	hasher: (data, alg) => createHash(alg.replace('-', '')).update(data).digest(),
	saltGenerator: () => randomBytes(16).toString('base64url'),
	signer: async (data) => {
		const { signature } = await new jose.FlattenedSign(Buffer.from(data.split('.')[1], 'base64url'))
			.setProtectedHeader(JSON.parse(Buffer.from(data.split('.')[0], 'base64url')))
			.sign(holder.privateKey)
		return signature
	},
	verifier: async (data, signature) => {
		await jose.compactVerify(`${data}.${signature}`, holder.publicKey)
		return true
	},
	statusVerifier: async (data, signature) => {
		await jose.compactVerify(`${data}.${signature}`, listKey)
		return true
	},
})

function credential({ uri, index }) {
	const payload = {
		iss: 'https://credentials.example', vct: 'https://credentials.example/card',
		iat: Math.floor(Date.now() / 1000), name: 'Ada',
		status: { status_list: { idx: index, uri } },
	}
	return credentials.issue(payload, { _sd: ['name'] })
}

// ---- checks ----

let good, bad
await check('two references are had', async () => {
	[good, bad] = await references(2)
	equal(good.uri.startsWith(`${issuer}/status-lists/${pool}-`), true)
	equal(good.index === bad.index && good.uri === bad.uri, false)
})
const [goodCard, badCard] = [await credential(good), await credential(bad)]

await check('@sd-jwt/sd-jwt-vc: credentials are valid at first', async () => {
	equal((await credentials.verify(goodCard)).payload.name, 'Ada')
	await credentials.verify(badCard)
})
const before = getListFromStatusListJWT((await list(bad.uri, JWT)).toString()).statusList
await check('a revocation is accepted', () => update(bad, 1))
await check('@sd-jwt/sd-jwt-vc: it sees the revocation', () => seen(async () => {
	const message = await credentials.verify(badCard).then(() => 'valid', (error) => error.message)
	equal(message, 'Status is not valid')
}))
await check('@sd-jwt/sd-jwt-vc: the other credential is valid as before', () =>
	credentials.verify(goodCard))

let jwt
await check('jose: the JWT verifies, with typ, sub, iat, exp and ttl', async () => {
	jwt = (await list(bad.uri, JWT)).toString()
	const { payload, protectedHeader } = await verifyList(jwt, bad.uri)
	equal([payload.ttl > 0, payload.exp > payload.iat, payload.status_list.bits], [true, true, Number(bits)])
	equal(Boolean(protectedHeader.x5c), isRoot)
})
await check('@sd-jwt/jwt-status-list: it reads what was set, and nothing else', () => {
	const entries = getListFromStatusListJWT(jwt)
	equal([entries.getBitsPerStatus(), entries.getStatus(bad.index)], [Number(bits), 1])
	equal(entries.statusList.length, before.length)
	equal(entries.statusList.findIndex((value, i) => value !== before[i]), bad.index)
	equal(entries.statusList.findLastIndex((value, i) => value !== before[i]), bad.index)
})
await refused('jose: an altered JWT is refused', () => {
	const parts = jwt.split('.')
	parts[1] = Buffer.from(Buffer.from(parts[1], 'base64url').toString().replace('"bits":', '"bitz":'))
		.toString('base64url')
	return verifyList(parts.join('.'), bad.uri)
})
await refused('jose: the JWT is no list for another URI', () => verifyList(jwt, `${bad.uri}0`))

let cwt
await check('@auth0/cose: the CWT is a COSE_Sign1 with tag 18 that verifies', async () => {
	cwt = await list(bad.uri, CWT)
	equal(cwt[0], 0xd2)
	equal(await decodeCose(cwt, Sign1) instanceof Sign1, true)
	await verifyCwt(cwt)
})
await check('@auth0/cose: its type is protected', () => {
	equal(Sign1.decode(cwt).protectedHeaders.get(HEADER.typ), CWT)
})
await check('the JWT and the CWT name the same key', () => {
	equal(kidOf(Sign1.decode(cwt)), jose.decodeProtectedHeader(jwt).kid)
	equal(Sign1.decode(cwt).x5chain?.map((der) => Buffer.from(der).toString('base64')),
		jose.decodeProtectedHeader(jwt).x5c)
})
await check('cbor-x: its claims say what the JWT says', () => {
	const claims = cbor.decode(Sign1.decode(cwt).payload)
	const payload = jose.decodeJwt(jwt)
	equal([...claims.keys()].sort((a, b) => a - b), Object.values(CLAIM).sort((a, b) => a - b))
	for (const name of ['iss', 'sub', 'iat', 'exp', 'ttl']) equal(claims.get(CLAIM[name]), payload[name])
	const inside = claims.get(CLAIM.list)
	equal(inside.get('bits'), payload.status_list.bits)
	equal(inflateSync(inside.get('lst')).toString('hex'),
		inflateSync(Buffer.from(payload.status_list.lst, 'base64url')).toString('hex'))
})
await refused('@auth0/cose: an altered CWT is refused', () => {
	const altered = Buffer.from(cwt)
	altered[altered.length - 80] ^= 1
	return verifyCwt(altered)
})
