#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// What the status list of a JWT says of it (draft-ietf-oauth-status-list section 8.3).
//
// usage: node status-check.js JWKS_FILE TOKEN
//
// JWKS_FILE holds the keys of the token's issuer and of the list's. Prints the
// status and exits with 0 when it is valid, 4 when it is another, 1 when nothing
// can be said. Needs Node 18 and the npm package jose; as a module ("type":
// "module" in package.json, or the name status-check.mjs).
import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { createLocalJWKSet, jwtVerify } from "jose";

const NAMES = ["VALID", "INVALID", "SUSPENDED", "APPLICATION_SPECIFIC"];
const LIST_MAX = 16 << 20; // bytes, compressed
const BYTES_MAX = 128 << 20;
const RULES = {
  algorithms: ["ES256", "ES384", "ES512", "RS256", "PS256", "EdDSA"],
  clockTolerance: 0, // what has expired has expired
};

function isFetched(uri) {
  const { protocol, hostname } = new URL(uri);
  return protocol === "https:" ||
    (protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(hostname));
}

async function fetched(uri) {
  if (!isFetched(uri)) throw new Error(`${uri} is not fetched: it is not https`);
  const answer = await fetch(uri, {
    headers: { Accept: "application/statuslist+jwt" },
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw new Error(`the list cannot be fetched: ${answer.status}`);
  const parts = [];
  let size = 0;
  for await (const part of answer.body) {
    size += part.length;
    if (size > LIST_MAX) throw new Error("the list is too large");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("latin1").trim();
}

// All of lst must be one ZLIB stream, in base64url without padding.
function inflated(lst) {
  if (!/^[A-Za-z0-9_-]+$/.test(lst)) throw new Error("lst is no base64url");
  const data = Buffer.from(lst, "base64url");
  const { buffer, engine } = inflateSync(data, { maxOutputLength: BYTES_MAX, info: true });
  if (engine.bytesWritten !== data.length) throw new Error("something stands behind the list");
  return buffer;
}

async function status(token, keys) {
  // The token first: for one that is not good, nothing is fetched.
  const { payload: claims } = await jwtVerify(token.split("~")[0], keys, RULES);
  const { idx, uri } = claims.status?.status_list ?? {};
  if (typeof uri !== "string" || !Number.isSafeInteger(idx) || idx < 0)
    throw new Error("the token refers to no status list");
  const { payload: list, protectedHeader } = await jwtVerify(await fetched(uri), keys, {
    ...RULES,
    requiredClaims: ["sub", "iat", "status_list"],
  });
  if (protectedHeader.typ !== "statuslist+jwt" || list.sub !== uri)
    throw new Error("that is no status list, or one of another URI");
  if (list.iat > Date.now() / 1000 + 10) throw new Error("the list was issued in the future");
  const { bits, lst } = list.status_list;
  if (![1, 2, 4, 8].includes(bits)) throw new Error("bits is not 1, 2, 4 or 8");
  const bytes = inflated(lst);
  const perByte = 8 / bits;
  if (idx >= bytes.length * perByte) throw new Error("idx is beyond the end of the list");
  // The first entry is in the least significant bits of the first byte (section 4.1).
  return (bytes[Math.floor(idx / perByte)] >> ((idx % perByte) * bits)) & ((1 << bits) - 1);
}

const [file, token] = process.argv.slice(2);
if (token === undefined) {
  console.error("usage: node status-check.js JWKS_FILE TOKEN");
  process.exit(2);
}
const keys = createLocalJWKSet(JSON.parse(readFileSync(file, "utf8")));
try {
  const value = await status(token, keys);
  console.log(NAMES[value] ?? value);
  process.exitCode = value === 0 ? 0 : 4;
} catch (error) {
  console.log(`UNKNOWN: ${error.message}`);
  process.exitCode = 1;
}
