// A small client of the register: FHIR STU3 and R4 by fhir-kit-client, and type-ahead by /lookup.
import { setTimeout as sleep } from 'node:timers/promises';
import Client from 'fhir-kit-client';

const TRIES = 3;

/** The register did not answer in three tries. */
export class Unavailable extends Error {}

/** The register at an address, such as http://127.0.0.1:8000. */
export class Register {
  constructor(address, pause = 1000) {
    this.address = address;
    this.pause = pause;
    this.fhir = new Client({ baseUrl: `${address}/STU3` });
    this.r4 = new Client({ baseUrl: `${address}/R4` });
  }

  /** The name of an organisation; undefined for an unknown code. */
  async name(code) {
    const read = () => this.fhir.read({ resourceType: 'Organization', id: code });
    return (await this.#again(read))?.name;
  }

  /** The codes of all organisations with a name, from all pages. */
  async codes(name) {
    const codes = [];
    const search = { resourceType: 'Organization', searchParams: { name, _count: 5 } };
    let page = await this.#again(() => this.fhir.search(search));
    while (page) {
      codes.push(...(page.entry ?? []).map((entry) => entry.resource.id));
      const bundle = page;
      const more = bundle.link.some((link) => link.relation === 'next');
      page = more && (await this.#again(() => this.fhir.nextPage({ bundle })));
    }
    return codes;
  }

  /** The names of the organisations that a trust operates, by code. */
  async operated(trust) {
    const searchParams = {
      'participating-organization': trust,
      role: 'RE6',
      active: 'true',
      _include: 'OrganizationAffiliation:primary-organization',
      _count: 1000,
    };
    const search = { resourceType: 'OrganizationAffiliation', searchParams };
    const page = await this.#again(() => this.r4.search(search));
    const included = (page.entry ?? []).filter((entry) => entry.search.mode === 'include');
    return Object.fromEntries(included.map(({ resource }) => [resource.id, resource.name]));
  }

  /** The codes that a person may mean who types a text. */
  async suggestions(text) {
    const { results } = await this.#again(async () => {
      const answer = await fetch(`${this.address}/lookup?${new URLSearchParams({ q: text })}`);
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return answer.json();
    });
    return results.map((result) => result.code);
  }

  /** Ask, and ask again where the register is busy or the connection breaks; undefined for 404. */
  async #again(ask) {
    let cause;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      try {
        return await ask();
      } catch (error) {
        if (error.response?.status === 404) return undefined;
        cause = error;
        await sleep(this.pause * 2 ** attempt);
      }
    }
    throw new Unavailable('The register did not answer', { cause });
  }
}
