// SPDX-License-Identifier: Apache-2.0
// What the scripts here share: a check is a line of its name, a tab, and "ok" or
// what was wrong.

import * as oauth from 'oauth4webapi'

export const plain = { [oauth.allowInsecureRequests]: true } // HTTP, on loopback

export async function check(name, work) {
	let result = 'ok'
	try {
		await work()
	} catch (error) {
		process.exitCode = 1
		result = `${error.code ?? error.name}: ${error.message} ${error.cause ? JSON.stringify(error.cause) : ''}`
	}
	console.log(`${name}\t${result.replaceAll('\n', ' ')}`)
}

export async function refused(name, work) {
	await check(name, async () => {
		try {
			await work()
		} catch {
			return
		}
		throw new Error('it was accepted')
	})
}

// As refused, with this "error" of RFC 6749 §5.2, or, where a challenge is all that
// the library tells of, this status.
export async function refusedAs(name, wanted, work) {
	await check(name, async () => {
		try {
			await work()
		} catch (error) {
			equal(error.error ?? error.status ?? `${error.code}: ${error.message}`, wanted)
			return
		}
		throw new Error('it was accepted')
	})
}

export function equal(got, wanted) {
	if (JSON.stringify(got) !== JSON.stringify(wanted)) {
		throw new Error(`got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`)
	}
}

export async function discover(issuer, algorithm) {
	const url = new URL(issuer)
	const response = await oauth.discoveryRequest(url, { algorithm, ...plain })
	return oauth.processDiscoveryResponse(url, response)
}
