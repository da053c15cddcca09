/** What a message was about; the screen that it opens. */
export type OpenedMessage = { orderId: string | null; stationId: string | null };

/** Push messages of the device. Tests and browsers have their own. */
export type PushPort = {
  /** False where the device cannot have any. */
  readonly supported: boolean;
  /** Asks for permission and answers where messages go; null when refused or not possible. Never throws. */
  token(): Promise<{ token: string; platform: 'ios' | 'android' | 'web' } | null>;
  /** Tells of messages that the rider tapped, also of the one that started the app. Answers how to stop. */
  onOpened(listener: (message: OpenedMessage) => void): () => void;
};
