// SPDX-License-Identifier: Apache-2.0
// A machine user and a key for each virtual user; a token for an assertion that
// is signed afresh, again and again, without a pause.
//
//	perf/prepare && k6 run perf/k6/machine_jwt_profile_grant.js

import exec from 'k6/execution';
import { SharedArray } from 'k6/data';

import { options as common, read } from './service.js';
import { token } from './jwt_profile.js';

const service = read('k6.json');
const machines = new SharedArray('machines', () => read('machines.json'));

export const options = common(600);

// Here the published plan logs in as an administrator, on the pages of its login
// ("authorize status ok" to "info created", login_ui_…_duration), makes an
// organisation ("org created", org_create_org_duration) and in it the users with
// their keys ("create user is status ok", user_create_machine_duration; "generate
// machine key status ok", user_add_machine_key_duration). There is neither an
// interactive login nor management over HTTP here yet: perf/prepare makes the users
// with the command line, notes its times in made.jsonl, and with --remove does what
// is the plan's teardown ("org removed").
export function setup() {}

export default async function () {
	await token(machines[(exec.vu.idInTest - 1) % machines.length], service.url);
}
