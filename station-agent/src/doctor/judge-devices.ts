import { cabinet } from '@voltbay/protocol/devices';
import { firmwareAtLeast } from '../drivers/cabinet-v1/firmware.js';
import type { CabinetIdentity } from '../hardware/ports.js';
import { type Finding, ok, problem, skipped } from './finding.js';

/** What one pack did when it was read. */
export type PackAnswer = {
  slot: number;
  address?: number;
  result: 'ok' | 'silent' | 'bad-frame' | 'refused' | 'link-down' | 'cancelled';
  detail: string;
};

export function judgeCabinet(seen: {
  subject: string;
  baudRate: number;
  identity: CabinetIdentity | null;
  /** Another rate at which it answered. */
  foundAt: number | null;
  minFirmware: string;
}): Finding[] {
  const { subject, baudRate, identity, foundAt, minFirmware } = seen;
  if (!identity)
    return foundAt === null
      ? [problem('cabinet', 'cabinet-silent', `no answer to HELLO at ${baudRate} or any usual rate`, subject)]
      : [problem('cabinet', 'wrong-baud', `silent at ${baudRate}, answers at ${foundAt}`, subject)];
  const { model, firmware, protocolVersion, slotCount } = identity;
  if (protocolVersion !== cabinet.CABINET_PROTO)
    return [
      problem(
        'cabinet',
        'cabinet-protocol',
        `speaks protocol ${protocolVersion}, this agent ${cabinet.CABINET_PROTO}`,
        subject,
      ),
    ];
  if (!firmwareAtLeast(firmware, minFirmware))
    return [
      problem(
        'cabinet',
        'firmware-old',
        `${model} has firmware ${firmware}, ${minFirmware} is needed`,
        subject,
      ),
    ];
  return [ok('cabinet', `${model}, firmware ${firmware}, ${slotCount} slots`, subject)];
}

export function judgeBus(seen: {
  port: string;
  path: string;
  baudRate: number;
  driver: string;
  answers: readonly PackAnswer[];
  foundAt: number | null;
  /** The cabinet said which slots hold a pack; else an empty slot looks like a silent pack. */
  presenceKnown: boolean;
}): Finding[] {
  const { port, path, baudRate, driver, answers, foundAt, presenceKnown } = seen;
  const subject = `${port} (${path})`;
  if (answers.length === 0) return [skipped('packs', `${subject}: no pack stands on this port`)];
  if (foundAt !== null)
    return [
      problem(
        'packs',
        'wrong-baud',
        `${driver} gives nothing at ${baudRate}, answers at ${foundAt}`,
        subject,
      ),
    ];
  const good = answers.filter(({ result }) => result === 'ok');
  const garbled = answers.filter(({ result }) => result === 'bad-frame');
  const unread = answers.filter(({ result }) => result !== 'ok');
  const slots = (list: readonly PackAnswer[]): string => list.map(({ slot }) => slot).join(', ');
  if (garbled.length > 0 && garbled.length === unread.length)
    return [
      ...good.map(asOk),
      problem('packs', 'bus-noise', `slots ${slots(garbled)}: ${garbled[0]?.detail ?? ''}`, subject),
    ];
  if (good.length === 0 && answers.length > 1)
    return [problem('packs', 'bus-silent', `slots ${slots(answers)}: no answer at any usual rate`, subject)];
  return [
    ...good.map(asOk),
    ...unread.map(({ slot, address, detail }) =>
      problem(
        'packs',
        'pack-silent',
        `${address === undefined ? '' : `address ${address}: `}${detail}${presenceKnown ? '' : ' (the slot may be empty: the cabinet was not reached)'}`,
        `slot ${slot} on ${port}`,
      ),
    ),
  ];
}

const asOk = ({ slot, detail }: PackAnswer): Finding => ok('packs', detail, `slot ${slot}`);
