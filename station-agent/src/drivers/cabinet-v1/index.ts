import type { CabinetDriver } from '../driver.js';
import { createCabinetUnit } from './unit.js';

/** Swap cabinets that speak the cabinet line protocol, version 1 (docs/protocol/cabinet.md). */
export const cabinetV1: CabinetDriver = {
  kind: 'cabinet',
  transport: 'serial',
  id: 'cabinet-v1',
  title: 'Cabinet line protocol, version 1',
  baudRates: [115200],
  create: createCabinetUnit,
};
