import type { SaveText } from './save-text-types.js';

const FREE_AFTER_MS = 10_000;

/** A download, as for any other file. */
export const saveText: SaveText = async (name, text) => {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), FREE_AFTER_MS);
  return true;
};
