import { readFileSync } from 'node:fs';
import { asciiFrame } from '@voltbay/protocol/devices';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../src/drivers/registry.js';
import { createReplay } from './support/replay.js';

type Vector = {
  id: string;
  request_hex?: string;
  requests_hex?: string[];
  frames: string[];
  expected: { reading?: object };
};

const registry = createRegistry();

function vector(file: string, id: string): Vector {
  const url = new URL(`../../../protocol/vectors/valid/${file}.json`, import.meta.url);
  const { cases }: { cases: Vector[] } = JSON.parse(readFileSync(url, 'utf8'));
  const found = cases.find((one) => one.id === id);
  if (!found) throw new Error(`no vector ${id} in ${file}.json`);
  return found;
}

/** Answers what the vector has an answer for, and refuses the rest as these devices do (return code 04). */
function lines({ request_hex, requests_hex, frames }: Vector) {
  const requests = requests_hex ?? [request_hex ?? ''];
  return (request: string): string[] => {
    const at = requests.indexOf(request);
    const frame = frames[at];
    if (frame) return [frame];
    const asked = asciiFrame.decodeAsciiFrame(Buffer.from(request, 'hex'));
    if (!asked.ok) throw new Error(`the driver sent nonsense: ${request}`);
    const refusal = asciiFrame.encodeAsciiFrame({ ...asked.value, cid2: 0x04, info: new Uint8Array(0) });
    return [Buffer.from(refusal).toString('hex')];
  };
}

/** Sends everything on every request: the driver must pick what it asked for. */
const everything =
  ({ frames }: Vector) =>
  () =>
    frames;

describe('drivers on the protocol vectors', () => {
  it.each([
    ['pylontech-rs485', 2, 'pylontech', 'pylontech-one-pack-with-alarm-and-serial', lines],
    ['seplos-v2', 0, 'seplos', 'seplos-telemetry', lines],
    ['pace-v25', 1, 'pace', 'pace-analog-and-status', lines],
    ['jbd-serial', undefined, 'jbd', 'jbd-three-answers-in-notifications', everything],
    ['jbd-ble', undefined, 'jbd', 'jbd-three-answers-in-notifications', everything],
    ['jk-ble', undefined, 'jk', 'jk-24s-with-noise', everything],
    ['jk-ble', undefined, 'jk', 'jk-32s', everything],
    ['daly-ble', undefined, 'daly-d2', 'daly-d2-three-blocks', everything],
  ] as const)('%s (address %s) reads %s/%s', async (driver, address, file, id, answer) => {
    const found = vector(file, id);
    const reader = registry.pack(driver)?.createReader({ address });
    const result = await reader?.read(createReplay(answer(found)), { attempts: 1 });
    expect(result).toMatchObject({ ok: true, reading: found.expected.reading });
  });
});
