import { prepareZXingModule } from 'barcode-detector';
import { Asset } from 'expo-asset';
import { useState } from 'react';
import decoder from 'zxing-wasm/reader/zxing_reader.wasm';

/** Takes the QR decoder from our own build; without this the library fetches it from a public CDN. */
export function useLocalDecoder(): void {
  useState(() => {
    const { uri } = Asset.fromModule(decoder as unknown as number);
    prepareZXingModule({
      overrides: {
        locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? uri : prefix + path),
      },
    });
  });
}
