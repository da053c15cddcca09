/** MongoDB error codes this server answers with (names as in MongoDB's error_codes.yml). */
export const ERROR_CODES = {
  InternalError: 1,
  BadValue: 2,
  NoSuchKey: 4,
  FailedToParse: 9,
  UserNotFound: 11,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  NotSingleValueField: 54,
  EmptyFieldName: 56,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  OperationFailed: 96,
  CommandNotSupported: 115,
  ExceededMemoryLimit: 146,
  CannotIndexParallelArrays: 171,
  QueryPlanKilled: 175,
  QueryExceededMemoryLimitNoDiskUseAllowed: 292,
  CommandNotSupportedOnView: 166,
  IDLUnknownField: 40415,
  OutOfDiskSpace: 14031,
  BSONObjectTooLarge: 10334,
  InvalidBSON: 22,
  InvalidLength: 21,
  DuplicateKey: 11000,
  ShutdownInProgress: 91,
  MergeStageNoMatchingDocument: 13113,
  Location15947: 15947,
  Location15952: 15952,
  Location40156: 40156,
  Location15955: 15955,
  Location15959: 15959,
  Location15976: 15976,
  Location16410: 16410,
  Location28747: 28747,
  Location28818: 28818,
  Location31002: 31002,
  Location40169: 40169,
  Location40272: 40272,
  Location51272: 51272,
  InvalidPipelineOperator: 168,
  Location16020: 16020,
  Location28667: 28667,
  Location31249: 31249,
  Location2942500: 2942500,
  Location2942504: 2942504,
  Location31250: 31250,
  Location31254: 31254,
  Location40081: 40081,
  Location40234: 40234,
  Location40238: 40238,
  Location40323: 40323,
  UnrecognizedPipelineStage: 40324,
  Location51183: 51183,
} as const;

export type ErrorName = keyof typeof ERROR_CODES;

/** A failure a client is told about: MongoDB's numeric code, its name, and extra reply fields such as keyPattern. */
export class CommandError extends Error {
  readonly code: number;
  readonly codeName: ErrorName;
  readonly details: Record<string, unknown>;

  constructor(codeName: ErrorName, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'CommandError';
    this.code = ERROR_CODES[codeName];
    this.codeName = codeName;
    this.details = details;
  }
}

/** Refusal of something MongoDB has and this server does not. `what` names the operator, stage or option. */
export function notSupported(what: string): CommandError {
  return new CommandError(
    'CommandNotSupported',
    `${what} is not supported by the embedded document server; set MONGODB_URI to use a MongoDB server`,
  );
}

/** The file cannot be served: it is held by another process. */
export class FileLockedError extends Error {
  readonly code = 'DOCUMENT_FILE_LOCKED';
  readonly file: string;
  readonly holderPid: number | undefined;

  constructor(file: string, holderPid: number | undefined) {
    const holder = holderPid === undefined ? 'another process' : `process ${holderPid}`;
    super(`document file ${file} is already open in ${holder}; stop that hub or choose another file`);
    this.name = 'FileLockedError';
    this.file = file;
    this.holderPid = holderPid;
  }
}

/** The storage below can no longer be trusted (failed fsync, corruption): the server stops. */
export class FatalStorageError extends Error {
  readonly code = 'DOCUMENT_STORAGE_FATAL';
  readonly sqliteCode: string;

  constructor(sqliteCode: string, message: string) {
    super(`document storage failed (${sqliteCode}): ${message}`);
    this.name = 'FatalStorageError';
    this.sqliteCode = sqliteCode;
  }
}

/** The server could not start or had to stop. */
export class DocumentServerError extends Error {
  readonly code = 'DOCUMENT_SERVER';

  constructor(message: string) {
    super(message);
    this.name = 'DocumentServerError';
  }
}
