import { CameraView, useCameraPermissions } from 'expo-camera';
import { useRef } from 'react';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { useT } from '../../lib/i18n/create-i18n.js';
import { Notice } from '../ui/states.js';
import { Txt } from '../ui/txt.js';
import { useLocalDecoder } from './local-decoder.js';

/** Reads the QR code on the cabinet. Without permission the typed number remains. */
export default function CodeScanner(props: {
  onCode: (text: string) => void;
  onClose: () => void;
  /** What to point at; the cabinet, when not said. */
  title?: string;
}) {
  const t = useT();
  useLocalDecoder();
  const [permission, ask] = useCameraPermissions();
  // The camera reports a code many times a second.
  const last = useRef('');

  if (!permission) return null;
  if (!permission.granted) {
    return (
      <Notice tone="empty" icon="scan" title={t('swap.cameraRefused')}>
        <View style={{ flexDirection: 'row', gap: 8 }}>
          <Button mode="contained-tonal" onPress={() => void ask()}>
            {t('swap.allowCamera')}
          </Button>
          <Button onPress={props.onClose}>{t('action.close')}</Button>
        </View>
      </Notice>
    );
  }
  return (
    <View style={{ gap: 8 }}>
      <View style={{ borderRadius: 14, overflow: 'hidden', height: 260 }} testID="camera">
        <CameraView
          style={{ flex: 1 }}
          facing="back"
          barcodeScannerSettings={{ barcodeTypes: ['qr'] }}
          onBarcodeScanned={({ data }) => {
            if (data === last.current) return;
            last.current = data;
            props.onCode(data);
          }}
        />
      </View>
      <View style={{ flexDirection: 'row', justifyContent: 'space-between', alignItems: 'center' }}>
        <Txt variant="small" tone="text2">
          {props.title ?? t('swap.scanTitle')}
        </Txt>
        <Button compact onPress={props.onClose}>
          {t('action.close')}
        </Button>
      </View>
    </View>
  );
}
