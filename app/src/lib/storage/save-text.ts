import { File, Paths } from 'expo-file-system';
import { Share } from 'react-native';
import type { SaveText } from './save-text-types.js';

/** Writes the file and opens the phone's share sheet: the rider decides where it goes. */
export const saveText: SaveText = async (name, text) => {
  try {
    const file = new File(Paths.cache, name);
    file.write(text);
    const { action } = await Share.share({ title: name, url: file.uri, message: text });
    return action !== Share.dismissedAction;
  } catch {
    return false;
  }
};
