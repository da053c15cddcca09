import type { AnyBulkWriteOperation, Collection, Document } from 'mongodb';

type Arguments = Document;
export type SpecCall = (collection: Collection, args: Arguments) => Promise<unknown>;

function returnDocument(options: Document): Document {
  const { returnDocument: which } = options;
  return typeof which === 'string' ? { ...options, returnDocument: which.toLowerCase() } : options;
}

/** Operations of the unified test format as calls of the driver. */
export const SPEC_OPERATIONS: Readonly<Record<string, SpecCall>> = {
  find: (c, { filter, ...o }) => c.find(filter, o).toArray(),
  findOne: (c, { filter, ...o }) => c.findOne(filter, o),
  aggregate: (c, { pipeline, ...o }) => c.aggregate(pipeline, o).toArray(),
  insertOne: (c, { document, ...o }) => c.insertOne(document, o),
  insertMany: (c, { documents, ...o }) => c.insertMany(documents, o),
  updateOne: (c, { filter, update, ...o }) => c.updateOne(filter, update, o),
  updateMany: (c, { filter, update, ...o }) => c.updateMany(filter, update, o),
  replaceOne: (c, { filter, replacement, ...o }) => c.replaceOne(filter, replacement, o),
  deleteOne: (c, { filter, ...o }) => c.deleteOne(filter, o),
  deleteMany: (c, { filter, ...o }) => c.deleteMany(filter, o),
  findOneAndUpdate: (c, { filter, update, ...o }) => c.findOneAndUpdate(filter, update, returnDocument(o)),
  findOneAndReplace: (c, { filter, replacement, ...o }) =>
    c.findOneAndReplace(filter, replacement, returnDocument(o)),
  findOneAndDelete: (c, { filter, ...o }) => c.findOneAndDelete(filter, o),
  bulkWrite: (c, { requests, ...o }) => c.bulkWrite(requests as AnyBulkWriteOperation[], o),
  countDocuments: (c, { filter, ...o }) => c.countDocuments(filter, o),
  count: (c, { filter, ...o }) => c.countDocuments(filter, o),
  estimatedDocumentCount: (c, o) => c.estimatedDocumentCount(o),
  distinct: (c, { fieldName, filter, ...o }) => c.distinct(fieldName, filter ?? {}, o),
  createIndex: (c, { keys, ...o }) => c.createIndex(keys, o),
};
