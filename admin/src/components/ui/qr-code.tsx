import { QRCode } from 'antd';

/** Dark on white in both appearances: many readers do not take it the other way round. */
export function QrCode(props: { text: string; label: string }) {
  return (
    <span
      role="img"
      aria-label={props.label}
      style={{ width: 'fit-content', background: '#fff', borderRadius: 8 }}
    >
      <QRCode value={props.text} type="svg" size={180} color="#000" bgColor="#fff" bordered={false} />
    </span>
  );
}
