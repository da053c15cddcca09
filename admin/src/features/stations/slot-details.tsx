import { Link } from '@tanstack/react-router';
import {
  formatDeciC,
  formatMa,
  formatMv,
  formatPercent,
  hottestDeciC,
  type StationSlot,
  slotAlarms,
  slotPackId,
  slotTone,
} from '@voltbay/protocol/client';
import { Button } from 'antd';
import { AgeText } from '../../components/ui/age.js';
import { CellBars } from '../../components/ui/cell-bars.js';
import { Card, Facts } from '../../components/ui/page.js';
import { ToneTag } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';

/** One slot in full: door, pack and its cells; opening it from afar where permitted. */
export function SlotDetails(props: { slot: StationSlot | null; onOpenSlot: (() => void) | null }) {
  const t = useT();
  const { slot } = props;
  if (!slot)
    return (
      <Card>
        <p className="muted">{t('slot.select')}</p>
      </Card>
    );
  const reading = slot.occupied === false ? null : slot.reading;
  const packId = slot.occupied === false ? undefined : slotPackId(slot);
  const tone = slotTone(slot);
  const alarms = slotAlarms(slot);
  const charger =
    slot.chargerMa !== undefined || slot.chargerMv !== undefined
      ? `${formatMv(slot.chargerMv)} · ${formatMa(slot.chargerMa)}`
      : undefined;
  return (
    <Card
      title={t('slot.number', { slot: slot.slot })}
      extra={<ToneTag tone={tone}>{t(`tone.${tone}`)}</ToneTag>}
    >
      <Facts
        rows={{
          [t('slot.door')]: t(`slot.door.${slot.door ?? 'unknown'}`),
          [t('slot.lock')]: t(`slot.lock.${slot.lock ?? 'unknown'}`),
          [t('slot.pack')]: packId ? (
            <Link className="mono" to="/batteries/$batteryId" params={{ batteryId: packId }}>
              {packId}
            </Link>
          ) : (
            <span className="muted">{t(slot.occupied ? 'tone.unknown' : 'slot.noPack')}</span>
          ),
          [t('slot.class')]: slot.packClass,
          [t('reading.soc')]: reading ? formatPercent(reading.socPct) : undefined,
          [t('reading.voltage')]: reading ? formatMv(reading.voltageMv) : undefined,
          [t('reading.current')]: reading ? formatMa(reading.currentMa) : undefined,
          [t('reading.temperature')]: reading ? formatDeciC(hottestDeciC(slot)) : undefined,
          [t('slot.charger')]: charger,
          [t('reading.alarms')]:
            alarms.length > 0 ? (
              <span>
                {alarms.map((alarm) => (
                  <ToneTag key={alarm} tone="fault">
                    {t.code('alarm', alarm)}
                  </ToneTag>
                ))}
              </span>
            ) : undefined,
          [t('reading.time')]: reading?.time ? <AgeText at={reading.time} /> : undefined,
        }}
      />
      {reading?.cellMv && reading.cellMv.length > 0 && (
        <div style={{ marginTop: 10 }}>
          <CellBars cellMv={reading.cellMv} small />
        </div>
      )}
      {props.onOpenSlot && (
        <Button
          danger
          block
          style={{ marginTop: 14 }}
          onClick={props.onOpenSlot}
          data-testid="open-slot"
          data-action="open-slot"
        >
          {t('slot.open')}
        </Button>
      )}
    </Card>
  );
}
