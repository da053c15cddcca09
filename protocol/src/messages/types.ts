/** Message types of the envelope's `type` field. 0–4 are the 2021 plan's. Source: design section 4. */
export const MSG_TYPE = {
  STATION_INFO: 0,
  SERVER_ASK_CHARGE: 1,
  SERVER_ASK_INFO: 2,
  SERVER_ASK_RESTART: 3,
  SERVER_ASK_DISCONNECT: 4,
  STATION_EVENT: 10,
  COMMAND_RESULT: 11,
  TELEMETRY: 12,
  STATION_LOG: 13,
  SERVER_ACK: 20,
  SERVER_SET_CONFIG: 21,
  SERVER_ASK_DIAGNOSTICS: 22,
  SERVER_UPDATE: 23,
  SERVER_OPEN_SLOT: 24,
  SERVER_RESERVE: 25,
  SERVER_RELEASE: 26,
  SERVER_BLOCK_PACKS: 27,
} as const;

export type MsgTypeName = keyof typeof MSG_TYPE;
export type MsgType = (typeof MSG_TYPE)[MsgTypeName];

const NAME_BY_TYPE = new Map<number, MsgTypeName>(
  Object.entries(MSG_TYPE).map(([name, type]) => [type, name as MsgTypeName]),
);

/** `SERVER_ASK_CHARGE` for 1; undefined for a type this version does not know. */
export const msgTypeName = (type: number): MsgTypeName | undefined => NAME_BY_TYPE.get(type);

/**
 * Lanes of a station's outbox, most precious first: `money` rows (swap and order records) are never dropped, alarms are the
 * last to go, telemetry is thinned oldest first. Source: design section 4.
 */
export const LANES = ['money', 'alarm', 'state', 'telemetry'] as const;
export type Lane = (typeof LANES)[number];
