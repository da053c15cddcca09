/** One message to one device. */
export type PushMessage = {
  token: string;
  title: string;
  body: string;
  /** The same for repeats of one notification: the device shows it once. */
  collapseId: string;
  data: Record<string, unknown>;
  urgent: boolean;
};
export type PushTicket =
  /** Taken by the provider; `ref` asks for the receipt later. */
  | { ok: true; ref: string }
  /** `gone`: the token will never work again. */
  | { ok: false; gone: boolean; detail: string };
export type PushReceipt = { ok: true } | { ok: false; gone: boolean; detail: string };

/** A push provider. Tokens are stored with its name, so that several can live side by side. */
export interface PushSender {
  readonly provider: string;
  isToken(token: string): boolean;
  /** One ticket per message, in order. Throws when the provider cannot be reached. */
  send(messages: readonly PushMessage[]): Promise<PushTicket[]>;
  /** Receipts that are known by now. */
  receipts(refs: readonly string[]): Promise<ReadonlyMap<string, PushReceipt>>;
}

/** Expo's push service through its official SDK, which is loaded at the first message. */
export function createExpoPush(options: { baseUrl: string | null; accessToken: string | null }): PushSender {
  let loading: Promise<import('expo-server-sdk').Expo> | null = null;
  const load = async () => {
    // The SDK takes its address from this variable when it is loaded, and from nowhere else.
    if (options.baseUrl !== null) process.env.EXPO_BASE_URL = options.baseUrl;
    const { Expo } = await import('expo-server-sdk');
    return new Expo(options.accessToken === null ? {} : { accessToken: options.accessToken });
  };
  const expo = () => {
    loading ??= load();
    return loading;
  };
  const failure = (result: { message: string; details?: { error?: string } }) => ({
    ok: false as const,
    gone: result.details?.error === 'DeviceNotRegistered',
    detail: `${result.details?.error ?? 'ERROR'}: ${result.message}`.slice(0, 200),
  });
  return {
    provider: 'expo',
    isToken: (token) => /^Expo(nent)?PushToken\[[^\]]{1,200}\]$/.test(token),
    async send(messages) {
      const client = await expo();
      const chunks = client.chunkPushNotifications(
        messages.map((message) => ({
          to: message.token,
          title: message.title,
          body: message.body,
          data: message.data,
          sound: 'default' as const,
          priority: message.urgent ? ('high' as const) : ('default' as const),
          collapseId: message.collapseId,
          tag: message.collapseId,
        })),
      );
      const tickets: PushTicket[] = [];
      for (const chunk of chunks)
        for (const ticket of await client.sendPushNotificationsAsync(chunk))
          tickets.push(ticket.status === 'ok' ? { ok: true, ref: ticket.id } : failure(ticket));
      return tickets;
    },
    async receipts(refs) {
      const client = await expo();
      const known = new Map<string, PushReceipt>();
      for (const chunk of client.chunkPushNotificationReceiptIds([...refs]))
        for (const [ref, receipt] of Object.entries(await client.getPushNotificationReceiptsAsync(chunk)))
          known.set(ref, receipt.status === 'ok' ? { ok: true } : failure(receipt));
      return known;
    },
  };
}
