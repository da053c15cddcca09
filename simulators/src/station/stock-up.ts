import type { ValidStationConfig } from './config.js';
import type { PackStock, StockedPack } from './pack-stock.js';
import type { StationMemory } from './station-memory.js';

/** Makes all packs; what the last run remembered wins over the description. Returns who stands in which slot. */
export function stockUp(config: ValidStationConfig, stock: PackStock, memory: StationMemory | undefined) {
  const places = new Map<number, StockedPack>();
  const remembered = new Map(memory?.packs.map((entry) => [entry.serial, entry]));
  for (const entry of remembered.values()) {
    const { serial, packClass, make, designCapacityMah, slot } = entry;
    const stocked = stock.add({ serial, packClass, make, capacityMah: designCapacityMah }, entry.memory);
    if (slot !== null && slot <= config.slots.length && !places.has(slot)) places.set(slot, stocked);
  }
  for (const { slot, pack } of config.slots) {
    if (!pack || remembered.has(pack.serial)) continue;
    const stocked = stock.add(pack);
    if (!places.has(slot)) places.set(slot, stocked);
  }
  for (const pack of config.outside) if (!remembered.has(pack.serial)) stock.add(pack);
  return places;
}
