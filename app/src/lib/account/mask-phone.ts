/** `138****0001`: enough to know one's own number, useless to who looks over the shoulder. */
export const maskPhone = (phone: string): string =>
  phone.length < 8 ? phone : `${phone.slice(0, -8)}****${phone.slice(-4)}`;
