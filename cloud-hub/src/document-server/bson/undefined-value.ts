/** BSON undefined: sorts below null. Stands for an empty array in index and sort keys, as in MongoDB. */
export const UNDEFINED_VALUE: unknown = Object.freeze({ _bsontype: 'Undefined' });
