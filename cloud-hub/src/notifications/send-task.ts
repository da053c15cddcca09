import { z } from 'zod';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import type { Clock } from '../ports.js';
import type { SmsSender } from '../stargate/one-time-codes.js';
import { defineTask, handleTask, type TaskHandler, type TaskQueue, TryLaterError } from '../tasks/index.js';
import { usersCollection } from '../users/users.js';
import {
  type ChannelStatus,
  type NotificationDocument,
  notificationsCollection,
  type Preferences,
  type PushTokenDocument,
  pushTokensCollection,
} from './notification-document.js';
import type { PushSender } from './push-sender.js';
import { quietForMs } from './quiet-hours.js';

export const sendTask = defineTask({
  kind: 'notifications.send',
  summary: 'Send one notification by push or SMS, outside quiet hours',
  input: z.object({ notificationId: z.string(), channel: z.enum(['push', 'sms']) }),
  retry: { maxAttempts: 6, baseMs: 5_000, capMs: 30 * 60_000 },
});
export const receiptsTask = defineTask({
  kind: 'notifications.receipts',
  summary: 'Ask the push provider whether a notification arrived',
  input: z.object({ notificationId: z.string() }),
  retry: { maxAttempts: 5, baseMs: 15 * 60_000, capMs: 4 * 3_600_000 },
});

/** Expo has most receipts after a quarter of an hour. */
const DEFAULT_RECEIPT_DELAY_MS = 15 * 60_000;

/** The two tasks that bring a notification out of the hub. */
export function createSendHandlers(deps: {
  database: Database;
  clock: Clock;
  queue: TaskQueue;
  push: PushSender;
  sms: SmsSender;
  preferencesOf(tenantId: string, owner: string): Promise<Preferences>;
  receiptDelayMs?: number;
}): TaskHandler[] {
  const { database, clock, push } = deps;
  const notifications = database.collection(notificationsCollection);
  const tokens = database.collection(pushTokensCollection);

  const note = async (
    id: string,
    channel: ChannelStatus['channel'],
    status: Pick<ChannelStatus, 'state' | 'detail'> & Partial<Pick<ChannelStatus, 'refs'>>,
  ) => {
    const at = isoNow(clock);
    await notifications.updateOne(
      { _id: id, 'channels.channel': channel },
      { $set: { 'channels.$': { channel, at, ...status }, updatedAt: at }, $inc: { version: 1 } },
    );
  };
  const forget = (tokenId: string, detail: string) =>
    tokens.updateOne(
      { _id: tokenId },
      { $set: { goneReason: detail, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
    );

  const sendPush = async (notification: NotificationDocument) => {
    const devices: PushTokenDocument[] = await tokens
      .find({
        tenantId: notification.tenantId,
        owner: notification.owner,
        provider: push.provider,
        goneReason: null,
      })
      .toArray();
    if (devices.length === 0) {
      await note(notification._id, 'push', { state: 'skipped', detail: 'no device is registered' });
      return;
    }
    const tickets = await push.send(
      devices.map(({ token }) => ({
        token,
        title: notification.title,
        body: notification.body,
        collapseId: notification._id,
        data: { ...notification.data, notificationId: notification._id },
        urgent: notification.urgent,
      })),
    );
    const refs: { ref: string; tokenId: string }[] = [];
    const faults: string[] = [];
    for (const [index, ticket] of tickets.entries()) {
      const tokenId = devices[index]?._id ?? '';
      if (ticket.ok) refs.push({ ref: ticket.ref, tokenId });
      else {
        faults.push(ticket.detail);
        if (ticket.gone) await forget(tokenId, ticket.detail);
      }
    }
    const detail = faults.length ? faults.join('; ').slice(0, 300) : null;
    if (refs.length === 0) {
      await note(notification._id, 'push', { state: 'failed', detail });
      return;
    }
    await note(notification._id, 'push', { state: 'sent', detail, refs });
    await deps.queue.enqueue(receiptsTask, {
      tenantId: notification.tenantId,
      key: `notification:${notification._id}:receipts`,
      input: { notificationId: notification._id },
      runAt: clock.now() + (deps.receiptDelayMs ?? DEFAULT_RECEIPT_DELAY_MS),
      by: 'notifications',
    });
  };

  const sendSms = async (notification: NotificationDocument) => {
    const [kind, id] = notification.owner.split(/:(.*)/);
    const user =
      kind === 'rider'
        ? await database.collection(usersCollection).findOne({ _id: id, tenantId: notification.tenantId })
        : null;
    if (!user || user.phone.startsWith('none:')) {
      await note(notification._id, 'sms', { state: 'skipped', detail: 'no phone number' });
      return;
    }
    await deps.sms.send({ phone: user.phone, text: `${notification.title} ${notification.body}` });
    await note(notification._id, 'sms', { state: 'sent', detail: null });
  };

  const send = handleTask(
    sendTask,
    async ({ input }) => {
      const notification = await notifications.findOne({ _id: input.notificationId });
      const status = notification?.channels.find(({ channel }) => channel === input.channel);
      if (!notification || status?.state !== 'pending') return;
      const { quietHours, channels } = await deps.preferencesOf(notification.tenantId, notification.owner);
      if (!channels[notification.category][input.channel]) {
        await note(notification._id, input.channel, { state: 'skipped', detail: 'turned off' });
        return;
      }
      const waitMs = notification.urgent ? 0 : quietForMs(clock.now(), quietHours);
      if (waitMs > 0)
        throw new TryLaterError('QUIET_HOURS', 'the person is not to be disturbed now', {
          delayMs: waitMs,
          counts: false,
        });
      await (input.channel === 'push' ? sendPush(notification) : sendSms(notification));
    },
    {
      onDead: ({ input }) =>
        note(input.notificationId, input.channel, {
          state: 'failed',
          detail: 'the provider could not be reached',
        }),
    },
  );

  const receipts = handleTask(receiptsTask, async ({ input, attempt, maxAttempts }) => {
    const notification = await notifications.findOne({ _id: input.notificationId });
    const status = notification?.channels.find(({ channel }) => channel === 'push');
    if (status?.state !== 'sent' || !status.refs?.length) return;
    const known = await push.receipts(status.refs.map(({ ref }) => ref));
    let delivered = false;
    const faults: string[] = [];
    let missing = 0;
    for (const { ref, tokenId } of status.refs) {
      const receipt = known.get(ref);
      if (!receipt) missing += 1;
      else if (receipt.ok) delivered = true;
      else {
        faults.push(receipt.detail);
        if (receipt.gone) await forget(tokenId, receipt.detail);
      }
    }
    const detail = faults.length ? faults.join('; ').slice(0, 300) : null;
    if (delivered)
      await note(input.notificationId, 'push', { state: 'delivered', detail, refs: status.refs });
    else if (missing === 0) await note(input.notificationId, 'push', { state: 'failed', detail });
    // Receipts are kept for a day; without one it stays `sent`.
    else if (attempt < maxAttempts) throw new Error('no receipt yet');
  });

  return [send, receipts];
}
