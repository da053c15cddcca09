import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListSpec, listQuery, listRequest } from './list.js';

const SPEC: ListSpec = {
  fields: {
    id: { kind: 'id', path: '_id' },
    name: { kind: 'text' },
    count: { kind: 'int' },
    on: { kind: 'boolean' },
    at: { kind: 'time' },
  },
  sort: ['at', 'id'],
  defaultSort: { field: 'at', order: 'desc' },
  search: ['name'],
};
const read = (query: Record<string, string>) => listRequest(SPEC, listQuery(SPEC).parse(query));

describe('list parameters', () => {
  it('have defaults', () => {
    expect(read({})).toEqual({
      ...{ filter: {}, lookup: null, limit: 20, page: 1 },
      ...{ cursor: null, sortPath: 'at', order: -1 },
    });
    expect(read({ _sort: 'id' })).toMatchObject({ sortPath: '_id', order: 1 });
  });
  it('become typed conditions on the stored fields', () => {
    expect(read({ id: 'a', count_gte: '3', count_lte: '5', on: 'true', name_ne: 'x' }).filter).toEqual({
      _id: { $eq: 'a' },
      count: { $gte: 3, $lte: 5 },
      on: { $eq: true },
      name: { $ne: 'x' },
    });
  });
  it('never let a text become a pattern or an operator', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), (text) => {
        const { filter } = read({ name: text, q: text });
        expect(filter.name).toEqual({ $eq: text });
        const [{ name }] = filter.$or as [{ name: { $regex: string } }];
        expect(new RegExp(name.$regex, 'i').test(`before ${text} after`)).toBe(true);
        expect(new RegExp(`^(?:${name.$regex})$`).test(text)).toBe(true);
      }),
    );
  });
  it('refuse every cursor that is not one of ours without a fault', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 80 }), (text) => {
        try {
          const { cursor } = read({ _cursor: text });
          expect(typeof cursor?.id).toBe('string');
        } catch (error) {
          expect(error).toMatchObject({ code: 'VALIDATION' });
        }
      }),
    );
  });
});
