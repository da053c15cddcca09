import { writeFile } from 'node:fs/promises';
import qrcode from 'qrcode-generator';

const WIDTH = 640;
const HEIGHT = 480;
const FRAMES = 10;
const GREY = 128;

/**
 * Writes a film in which somebody holds a QR code before a camera: raw YUV 4:2:0 (`y4m`), which Chromium plays as its camera with
 * `--use-file-for-fake-video-capture`. The code moves a little, as hands do.
 */
export async function filmOfCode(path: string, text: string): Promise<void> {
  const code = qrcode(0, 'M');
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const scale = Math.floor((HEIGHT * 0.7) / (count + 8));
  const side = (count + 8) * scale;
  const chroma = Buffer.alloc((WIDTH * HEIGHT) / 2, GREY);
  const parts: Buffer[] = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`)];
  for (let frame = 0; frame < FRAMES; frame += 1) {
    const left = Math.floor((WIDTH - side) / 2) + (frame % 3) - 1;
    const top = Math.floor((HEIGHT - side) / 2) + (frame % 2);
    const luma = Buffer.alloc(WIDTH * HEIGHT, 90);
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        const [row, column] = [Math.floor(y / scale) - 4, Math.floor(x / scale) - 4];
        const inside = row >= 0 && column >= 0 && row < count && column < count;
        luma[(top + y) * WIDTH + left + x] = inside && code.isDark(row, column) ? 16 : 235;
      }
    }
    parts.push(Buffer.from('FRAME\n'), luma, chroma);
  }
  await writeFile(path, Buffer.concat(parts));
}

export const cameraFlags = (film: string): string[] => [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-video-capture=${film}`,
];
