/** Phones decode QR codes themselves. */
export function useLocalDecoder(): void {}
