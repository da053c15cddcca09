import type { SerialPackDriver } from '../driver.js';
import { createTemplateReader } from './reader.js';

/**
 * A driver to copy: see docs/hardware/writing-a-driver.md. It is complete, compiles and is tested, but stands in no registry, because the
 * device it reads does not exist.
 */
export const templateDriver: SerialPackDriver = {
  kind: 'pack',
  transport: 'serial',
  // Maker, then link or protocol version. It is written into configurations: choose it once.
  id: 'template-serial',
  title: 'Template, serial',
  baudRates: [9600],
  // Leave out when the line leads to one pack.
  addresses: { min: 1, max: 15, first: 1 },
  createReader: ({ address = 1 }) => createTemplateReader(address),
};
