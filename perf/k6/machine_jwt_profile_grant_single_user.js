// SPDX-License-Identifier: Apache-2.0
// As machine_jwt_profile_grant.js, but every virtual user is the same machine
// user with the same key: what one hot row does.

import { options as common, read } from './service.js';
import { token } from './jwt_profile.js';

const service = read('k6.json');
const machine = read('machines.json')[0];

export const options = common(600);

export default async function () {
	await token(machine, service.url);
}
