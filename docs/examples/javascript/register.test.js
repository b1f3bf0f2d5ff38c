import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { OdsServer } from './ods-server.js';
import { Register, Unavailable } from './register.js';

let server;
let register;

before(async () => {
  server = await OdsServer.start();
  register = new Register(server.url, 10);
});
beforeEach(() => server.reset());
after(() => server.stop());

test('a name is found by code', async () => {
  assert.equal(await register.name('RR8'), 'LEEDS TEACHING HOSPITALS NHS TRUST');
  assert.equal(await register.name('NONE1'), undefined);
});

test('all pages are read', async () => {
  const codes = await register.codes('leeds');
  assert.ok(codes.length > 5);
  assert.equal(new Set(codes).size, codes.length);
  assert.equal((await server.requests()).length, Math.ceil(codes.length / 5));
});

test('what a trust operates is read in R4, with the names', async () => {
  const operated = await register.operated('RR8');
  assert.equal(operated.RR813, "ST JAMES'S UNIVERSITY HOSPITAL");
  assert.equal((await server.requests()).length, 1);
});

for (const fault of [{ status: 429, retry_after: 1 }, { status: 503 }, { close: true }, { cut: 40 }]) {
  test(`a fault is survived: ${JSON.stringify(fault)}`, async () => {
    const id = await server.fail({ path: '/STU3/*', times: 2, ...fault });
    assert.ok(await register.name('RR8'));
    assert.equal(await server.hits(id), 2);
  });
}

test('three faults are too many', async () => {
  await server.fail({ status: 503 });
  await assert.rejects(register.name('RR8'), Unavailable);
  assert.deepEqual((await server.requests()).map((request) => request.status), [503, 503, 503]);
});

test('what was typed is understood', async () => {
  assert.ok((await register.suggestions('leeds teaching hosp')).includes('RR8'));
  await server.fail({ path: '/lookup', empty: true });
  assert.deepEqual(await register.suggestions('leeds teaching hosp'), []);
});

test('a new release is seen', async () => {
  await server.load([{ code: 'RR8', name: 'LEEDS HOSPITALS' }]);
  assert.equal(await register.name('RR8'), 'LEEDS HOSPITALS');
});
