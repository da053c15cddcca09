import { z } from 'zod';
import { timeSchema } from './envelope.js';
import { MESSAGE_LIMITS } from './limits.js';
import { MSG_TYPE } from './types.js';

/** SERVER_ASK_CHARGE: 2021 plan's `user` and `vehicle`, and what the hub adds. */
export const askChargeDataSchema = z.object({
  user: z.string().min(1).max(64),
  vehicle: z.string().min(1).max(64),
  orderId: z.string().max(64).optional(),
  /** Packs that the rider brings back; 0 = new customer. Default 1. */
  returns: z.number().int().min(0).max(8).optional(),
  /** Serials that the rider is known to hold; a pack that is none of them is not accepted. */
  returnSerials: z.array(z.string().max(64)).max(8).optional(),
  dispense: z
    .object({
      packClass: z.string().max(32).optional(),
      count: z.number().int().min(1).max(8).optional(),
      minSocPct: z.number().min(0).max(100).optional(),
      serials: z.array(z.string().max(64)).max(8).optional(),
      /** Packs that must not leave: quarantined ones that stand in this station. */
      exceptSerials: z.array(z.string().max(64)).max(64).optional(),
    })
    .optional(),
  /** The charged pack leaves before the rider's own comes in (trusted riders, full stations). Default false. */
  outFirst: z.boolean().optional(),
  offlineOk: z.boolean().optional(),
});
export type AskChargeData = z.infer<typeof askChargeDataSchema>;

export const askRestartDataSchema = z.object({ force: z.boolean().optional() });
export const askDisconnectDataSchema = z.object({
  /** Seconds until it may come back; 0 = until a technician brings it back. Default 300. */
  reconnectAfterS: z.number().int().min(0).max(604_800).optional(),
});

export const serverAckDataSchema = z.object({
  epoch: z.number().int().min(0),
  /** Every seq ≤ upTo of this epoch is stored; -1 = none known. */
  upTo: z.number().int().min(-1),
  also: z.array(z.number().int().min(0)).max(MESSAGE_LIMITS.maxAckExtras).optional(),
  /** Rows that will never be stored as they are; the station sets them aside. */
  refused: z
    .array(z.object({ seq: z.number().int().min(0), code: z.string().max(64) }))
    .max(MESSAGE_LIMITS.maxAckExtras)
    .optional(),
  /** Hub time, for the station's clock quality. */
  hubTime: timeSchema.optional(),
});
export type ServerAckData = z.infer<typeof serverAckDataSchema>;

export const setConfigDataSchema = z.object({
  version: z.string().min(1).max(80),
  config: z.record(z.string(), z.unknown()),
});
export type SetConfigData = z.infer<typeof setConfigDataSchema>;
export const STATION_LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export const askDiagnosticsDataSchema = z.object({
  /** Path on the hub that takes the bundle: gzip, with the station's token. */
  uploadPath: z.string().max(200).optional(),
  /** False = no bundle, log lines alone. Default true. */
  bundle: z.boolean().optional(),
  /** Lines that come as STATION_LOG: what was logged before, and what follows. */
  logs: z
    .object({
      level: z.enum(STATION_LOG_LEVELS),
      minutesBack: z.number().int().min(0).max(1_440).optional(),
      /** Seconds for which further lines follow. */
      forS: z.number().int().min(0).max(900).optional(),
      orderId: z.string().max(64).optional(),
    })
    .optional(),
});
export type AskDiagnosticsData = z.infer<typeof askDiagnosticsDataSchema>;
/** Text that the Ed25519 signature of an update covers, as UTF-8. */
export const updateSigningText = (update: { version: string; sha256: string }): string =>
  `voltbay-update\n${update.version}\n${update.sha256}\n`;
export const serverUpdateDataSchema = z.object({
  url: z.string().max(500),
  version: z.string().max(40),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  signature: z.string().max(200),
  window: z.object({ from: timeSchema, to: timeSchema }).optional(),
});
export type ServerUpdateData = z.infer<typeof serverUpdateDataSchema>;
export const openSlotDataSchema = z.object({
  slot: z.number().int().min(1).max(512),
  /** Technician or operator who asked. */
  by: z.string().min(1).max(64),
  reason: z.string().max(MESSAGE_LIMITS.maxTextLength).optional(),
});
export const reserveDataSchema = z.object({
  orderId: z.string().max(64),
  packClass: z.string().max(32).optional(),
  serial: z.string().max(64).optional(),
  until: timeSchema,
});
export const releaseDataSchema = z.object({ orderId: z.string().max(64) });
/** The packs that may leave no station: the whole list, in place of the one before. It is kept through restarts and without a network. */
export const blockPacksDataSchema = z.object({
  /** Name of the list; the same list has the same name. */
  version: z.string().min(1).max(80),
  serials: z.array(z.string().min(1).max(64)).max(4_000),
});
export type BlockPacksData = z.infer<typeof blockPacksDataSchema>;
export type OpenSlotData = z.infer<typeof openSlotDataSchema>;

const nothing = z.unknown().optional();

/** Schema of `data` by downlink type. */
export const DOWNLINK_DATA_SCHEMAS = {
  [MSG_TYPE.SERVER_ASK_CHARGE]: askChargeDataSchema,
  [MSG_TYPE.SERVER_ASK_INFO]: nothing,
  [MSG_TYPE.SERVER_ASK_RESTART]: askRestartDataSchema.optional(),
  [MSG_TYPE.SERVER_ASK_DISCONNECT]: askDisconnectDataSchema.optional(),
  [MSG_TYPE.SERVER_ACK]: serverAckDataSchema,
  [MSG_TYPE.SERVER_SET_CONFIG]: setConfigDataSchema,
  [MSG_TYPE.SERVER_ASK_DIAGNOSTICS]: askDiagnosticsDataSchema.optional(),
  [MSG_TYPE.SERVER_UPDATE]: serverUpdateDataSchema,
  [MSG_TYPE.SERVER_OPEN_SLOT]: openSlotDataSchema,
  [MSG_TYPE.SERVER_RESERVE]: reserveDataSchema,
  [MSG_TYPE.SERVER_RELEASE]: releaseDataSchema,
  [MSG_TYPE.SERVER_BLOCK_PACKS]: blockPacksDataSchema,
} as const;
