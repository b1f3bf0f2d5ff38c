// A register for tests: starts ods-server, which ends with this program, and uses its controls over HTTP.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export class OdsServer {
  /** Start a server, and return it when it answers. */
  static async start() {
    const server = new OdsServer();
    const command = process.env.ODS_SERVER ?? 'ods-server';
    const options = ['--sample', '--test-controls', '--with-parent'];
    server.process = spawn(command, options, { stdio: ['ignore', 'pipe', 'ignore'] });
    const lines = createInterface({ input: server.process.stdout });
    const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
    if (!line) throw new Error(`${command} ended before it answered: run it by hand to see why`);
    server.url = JSON.parse(line).url;
    return server;
  }

  /** End it. */
  stop() {
    this.process.kill();
    return once(this.process, 'exit');
  }

  /** Forget faults and requests, and make the first release live again. */
  reset() {
    return this.#send('POST', '/reset');
  }

  /** Let requests fail; returns the id of the fault. */
  async fail(fault) {
    return (await this.#send('POST', '/faults', fault)).id;
  }

  /** How many requests a fault has failed. */
  async hits(id) {
    return (await this.#send('GET', '/faults')).find((fault) => fault.id === id).hits;
  }

  /** What was asked, oldest first. */
  requests() {
    return this.#send('GET', '/requests');
  }

  /** Swap the next release in: a list of organisations. */
  load(organisations) {
    return this.#send('POST', '/organisations', organisations);
  }

  async #send(method, path, body) {
    const answer = await fetch(`${this.url}/_test${path}`, { method, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text && JSON.parse(text);
  }
}
