import { type Decoding, elementAt, type RawElement, readElement } from './raw-document.js';
import { type Doc, setOwn } from './values.js';

/**
 * The parts of a document that some work is about, by field names as BSON has them (UTF-8, one character a byte). A leaf is read whole, or,
 * `replaced`, not at all: something stands in its place.
 */
export type PathTree = Map<string, PathTree | 'read' | 'replaced'>;

const DOCUMENT = 0x03;
const LENGTH_BYTES = 4;

const bytesOfName = (name: string): string => Buffer.from(name, 'utf8').toString('latin1');
const nameOfBytes = (name: string): string => Buffer.from(name, 'latin1').toString('utf8');

/** Adds a path; the part above it, where that is in the tree already, says more. */
export function addPath(tree: PathTree, path: readonly string[], leaf: 'read' | 'replaced'): void {
  let node = tree;
  for (const [i, part] of path.entries()) {
    const name = bytesOfName(part);
    const known = node.get(name);
    if (i === path.length - 1) {
      if (known !== 'read') node.set(name, known === undefined ? leaf : 'read');
      return;
    }
    if (known === 'read' || known === 'replaced') {
      node.set(name, 'read');
      return;
    }
    const below: PathTree = known ?? new Map();
    node.set(name, below);
    node = below;
  }
}

/** Decodes what the tree names. A path that leads through anything but documents is read from there on. */
export function readPaths(bytes: Buffer, tree: PathTree, decoding: Decoding): Doc {
  const doc: Doc = {};
  for (const { name, element } of elementsOf(bytes)) {
    const node = tree.get(name);
    if (node === undefined) continue;
    const value =
      node === 'replaced'
        ? null
        : node !== 'read' && element.type === DOCUMENT
          ? readPaths(valueBytes(bytes, element), node, decoding)
          : readElement(bytes, element, decoding);
    setOwn(doc, nameOfBytes(name), value);
  }
  return doc;
}

/**
 * `original` with everything that the tree names as it is in `changed`: in its old place, or at the end when it is new, or gone. The rest
 * is copied as it stands.
 */
export function mergePaths(original: Buffer, changed: Buffer, tree: PathTree): Buffer {
  const fresh = new Map(elementsOf(changed).map(({ name, element }) => [name, element]));
  const parts: Buffer[] = [];
  for (const { name, element } of elementsOf(original)) {
    const node = tree.get(name);
    if (node === undefined) {
      parts.push(original.subarray(element.at, element.end));
      continue;
    }
    const now = fresh.get(name);
    fresh.delete(name);
    if (now === undefined) continue;
    if (node instanceof Map && element.type === DOCUMENT && now.type === DOCUMENT)
      parts.push(
        original.subarray(element.at, element.start),
        mergePaths(valueBytes(original, element), valueBytes(changed, now), node),
      );
    else parts.push(changed.subarray(now.at, now.end));
  }
  for (const { at, end } of fresh.values()) parts.push(changed.subarray(at, end));
  return documentOf(parts);
}

/** Top-level fields, by their names as in a `PathTree`, that differ between two documents. */
export function changedFields(before: Buffer, after: Buffer): Set<string> {
  const known = new Map(elementsOf(before).map(({ name, element }) => [name, element]));
  const changed = new Set<string>();
  for (const { name, element } of elementsOf(after)) {
    const old = known.get(name);
    known.delete(name);
    if (!old || before.compare(after, element.at, element.end, old.at, old.end) !== 0) changed.add(name);
  }
  for (const name of known.keys()) changed.add(name);
  return changed;
}

function elementsOf(bytes: Buffer): { name: string; element: RawElement }[] {
  const elements = [];
  const last = bytes.length - 1;
  for (let at = LENGTH_BYTES; at < last; ) {
    const element = elementAt(bytes, at, last);
    elements.push({ name: bytes.toString('latin1', at + 1, element.start - 1), element });
    at = element.end;
  }
  return elements;
}

const valueBytes = (bytes: Buffer, { start, end }: RawElement): Buffer => bytes.subarray(start, end);

function documentOf(elements: readonly Buffer[]): Buffer {
  const size = elements.reduce((sum, { length }) => sum + length, LENGTH_BYTES + 1);
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeInt32LE(size);
  let at = LENGTH_BYTES;
  for (const element of elements) at += element.copy(bytes, at);
  bytes[at] = 0;
  return bytes;
}
