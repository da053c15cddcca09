import type { Random } from '../../random.js';
import type { SerialAnswer, SerialDevice, WiredPack } from '../device.js';
import { spoil } from '../wire-noise.js';
import { basicInfo, cellVoltages, deviceName, errorCounters } from './answers.js';
import { createJbdReceiver, encodeJbdAnswer, JBD_ERROR, JBD_OK, type JbdRequest } from './frame.js';

const TURNAROUND_MS = 15;
const BOARD = { year: 2025, month: 6, day: 18, softwareVersion: 0x22, sensors: 2 };

/** One frame in, the answer's bytes out; writes are refused, as a locked module does. */
export function answerJbd(request: JbdRequest, wired: WiredPack): Uint8Array {
  const pack = wired.pack.snapshot();
  if (request.write) return encodeJbdAnswer(request.command, JBD_ERROR);
  switch (request.command) {
    case 0x03:
      return encodeJbdAnswer(0x03, JBD_OK, basicInfo(pack, BOARD));
    case 0x04:
      return encodeJbdAnswer(0x04, JBD_OK, cellVoltages(pack));
    case 0x05:
      return encodeJbdAnswer(0x05, JBD_OK, deviceName(pack));
    case 0xaa:
      return encodeJbdAnswer(0xaa, JBD_OK, errorCounters([]));
    default:
      return encodeJbdAnswer(request.command, JBD_ERROR);
  }
}

/** A JBD module on its own serial line; `pack` says which pack is plugged into it now. */
export function createJbdSerialDevice(options: {
  pack(): WiredPack | undefined;
  random: Random;
}): SerialDevice {
  const receive = createJbdReceiver();
  return {
    receive(bytes) {
      const wired = options.pack();
      const requests = receive(bytes);
      if (!wired) return [];
      return requests.flatMap((request): SerialAnswer[] => {
        const spoilt = spoil(answerJbd(request, wired), wired.faults, options.random);
        return spoilt ? [{ bytes: spoilt, turnaroundMs: TURNAROUND_MS }] : [];
      });
    },
  };
}
