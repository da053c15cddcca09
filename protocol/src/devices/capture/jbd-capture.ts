import { decoded } from '../../domain/reading.js';
import { createJbdAssembler, decodeAnswer } from '../jbd/index.js';
import { createSimpleCaptureDecoder } from './simple-capture.js';

/** Decodes a JBD capture: answers name their command, so requests are not needed. */
export const decodeJbdCapture = createSimpleCaptureDecoder(createJbdAssembler, (frame) => {
  const answer = decodeAnswer(frame);
  if (!answer.ok) return answer;
  switch (answer.value.command) {
    case 'errorCounters':
      return decoded({ info: { errorCounters: answer.value.counters } });
    case 'basicInfo':
      return decoded({ reading: answer.value.reading, info: { cellCount: answer.value.cellCount } });
    default:
      return decoded({ reading: answer.value.reading, info: {} });
  }
});
