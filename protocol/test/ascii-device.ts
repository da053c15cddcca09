/** Writes frames of the `~` family as a device would; made from the documents, not from the codec. */
export function deviceFrame(
  infoHex: string,
  { version = '20', address = '02', cid1 = '46', rtn = '00' } = {},
): string {
  const nibbles = infoHex.length.toString(16).padStart(3, '0');
  const digitSum = [...nibbles].reduce((sum, digit) => sum + Number.parseInt(digit, 16), 0);
  const length = ((16 - (digitSum % 16)) % 16).toString(16) + nibbles;
  return sealed(`${version}${address}${cid1}${rtn}${length}${infoHex}`.toUpperCase());
}

/** `~`, body, right CHKSUM, CR. */
export function sealed(body: string): string {
  const total = [...body].reduce((sum, char) => sum + char.charCodeAt(0), 0);
  const check = (65_536 - (total % 65_536)) % 65_536;
  return `~${body}${check.toString(16).toUpperCase().padStart(4, '0')}\r`;
}

export const u8 = (value: number): string => (value & 0xff).toString(16).padStart(2, '0');
export const u16 = (value: number): string => (value & 0xffff).toString(16).padStart(4, '0');
