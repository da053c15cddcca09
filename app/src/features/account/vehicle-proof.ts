import type { VehicleProof } from '../../lib/api/account-api.js';

const VIN = /^[A-HJ-NPR-Z0-9]{17}$/;
const VIN_TAIL = /^[A-HJ-NPR-Z0-9]{6}$/;
const CODE = /^voltbay:\/\/v\/[A-Za-z0-9._:-]{1,64}$/;

/** What was typed or scanned, as the hub wants it; null while it is not complete. A full VIN needs nothing else. */
export function vehicleProof(text: string, vinTail: string): VehicleProof | null {
  const typed = text.trim();
  if (CODE.test(typed)) return { code: typed };
  const upper = typed.toUpperCase().replace(/\s/g, '');
  if (VIN.test(upper)) return { vin: upper };
  const tail = vinTail.trim().toUpperCase();
  if (upper.length >= 2 && upper.length <= 16 && VIN_TAIL.test(tail)) return { plate: upper, vinTail: tail };
  return null;
}
