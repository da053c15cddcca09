import type { PackSnapshot } from '../../physics/pack.js';
import { type AsciiDialect, type AsciiHandler, RTN } from '../ascii-bus/bus.js';
import {
  alarmInfo,
  analogBlock,
  analogInfo,
  firmwareInfo,
  managementInfo,
  manufacturerInfo,
  serialNumberInfo,
  systemParameterInfo,
} from './answers.js';

const ALL_PACKS = 0xff;

/** Commands that name a pack: INFO holds the number in its last byte (some masters send two bytes). */
function forNumberedPack(build: (number: number, pack: PackSnapshot) => Uint8Array): AsciiHandler {
  return (request, self, peers) => {
    const number = request.info.at(-1);
    if (number === undefined || request.info.length > 2) return { rtn: RTN.format };
    const pack = number === request.adr ? self : peers.at(number);
    return pack ? { rtn: RTN.ok, info: build(number, pack) } : { rtn: RTN.data };
  };
}

const onePack = forNumberedPack((number, pack) => analogInfo(number, [analogBlock(pack)]));

const analog: AsciiHandler = (request, self, peers) => {
  if (request.info.at(-1) !== ALL_PACKS) return onePack(request, self, peers);
  const packs = peers.all();
  return {
    rtn: RTN.ok,
    info: analogInfo(
      packs.length,
      packs.map((pack) => analogBlock(pack)),
    ),
  };
};

/** Pylontech low-voltage RS485, protocol 2.x. */
export const pylontechDialect: AsciiDialect = {
  ver: 0x20,
  cid1: 0x46,
  lenientLength: false,
  turnaroundMs: 8,
  commands: new Map<number, AsciiHandler>([
    [0x4f, () => ({ rtn: RTN.ok })],
    [0x51, (_request, self) => ({ rtn: RTN.ok, info: manufacturerInfo(self) })],
    [0x47, (_request, self) => ({ rtn: RTN.ok, info: systemParameterInfo(self) })],
    [0x42, analog],
    [0x44, forNumberedPack(alarmInfo)],
    [0x92, forNumberedPack(managementInfo)],
    [0x93, forNumberedPack(serialNumberInfo)],
    [0x96, forNumberedPack(firmwareInfo)],
  ]),
};
