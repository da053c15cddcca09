import type { Words } from './language.js';

export type PlaybookStep = { say: Words; run?: string };
export type Playbook = { id: string; title: Words; steps: readonly PlaybookStep[] };

const step = (en: string, zh: string, run?: string): PlaybookStep => ({
  say: { en, zh },
  ...(run !== undefined && { run }),
});

/** The ten commonest faults in the field, each from the first look to the proof that it is gone. */
export const PLAYBOOKS: readonly Playbook[] = [
  {
    id: 'door-jam',
    title: { en: 'A door does not open', zh: '仓门打不开' },
    steps: [
      step('See the lock: jam, locked or unlocked', '查看锁状态：卡滞、锁定或已解锁', 'slots'),
      step('No swap may be running', '确认没有正在进行的换电', 'swaps -n 1'),
      step(
        'Press the door in to take the load off the latch, then release it',
        '先按压仓门卸去锁舌受力，再开门',
        'open SLOT --reason "jam"',
      ),
      step(
        'Still jammed: switch the cabinet off, clean the latch, check its plug',
        '仍卡滞：断电，清洁锁舌，检查插头',
      ),
      step('Close it and see it locked', '关门并确认已锁', 'slots'),
    ],
  },
  {
    id: 'door-left-open',
    title: { en: 'A door is reported open but is shut', zh: '仓门已关却显示打开' },
    steps: [
      step('See which door', '查看是哪个仓门', 'slots'),
      step('Open and close it once by hand, firmly', '用手用力开关一次'),
      step(
        'Watch whether the sensor follows; if not, adjust or exchange the door switch',
        '观察传感器是否变化；否则调整或更换门磁',
        'watch',
      ),
    ],
  },
  {
    id: 'pack-silent',
    title: { en: 'A pack does not answer', zh: '电池无应答' },
    steps: [
      step('Read it now', '立即读取', 'read SLOT'),
      step('Do its neighbours on the bus answer?', '同一总线的其他电池是否应答？', 'bus'),
      step('Reseat the pack; check its plug and its address switch', '重新插好电池，检查插头与地址拨码'),
      step(
        'Put the pack into another slot: a fault that moves along is the pack’s, one that stays is the slot’s',
        '换到其他仓位：故障随电池走则为电池，留在原位则为仓位',
      ),
      step('Prove it', '验证', 'selftest'),
    ],
  },
  {
    id: 'bus-down',
    title: { en: 'All packs of a bus are silent', zh: '整条总线的电池都无应答' },
    steps: [
      step(
        'Doctor tells wrong baud rate, missing port and dead bus apart',
        'doctor 可区分波特率错误、串口缺失与总线中断',
        'doctor',
      ),
      step(
        'A and B swapped? Adapter lit? Ground connected?',
        'A/B 是否接反？转换器指示灯是否亮？地线是否接好？',
      ),
      step(
        'Unplug the packs one by one: one of them may hold the bus down',
        '逐个拔下电池：可能有一块拉死了总线',
      ),
      step('Listen without sending', '只听不发', 'sniff PORT --seconds 30'),
    ],
  },
  {
    id: 'cabinet-silent',
    title: { en: 'The cabinet controller does not answer', zh: '换电柜控制板无应答' },
    steps: [
      step('Find the cause', '查找原因', 'doctor'),
      step(
        'Look at the controller’s power lamp; switch it off for ten seconds',
        '查看控制板电源灯；断电十秒再上电',
      ),
      step('Find the port it is on', '查找所在串口', 'scan --no-ble'),
      step(
        'Correct the port in the config',
        '修正配置中的串口',
        'config set hardware.ports.cabinet.path PATH',
      ),
    ],
  },
  {
    id: 'bluetooth',
    title: { en: 'Bluetooth packs are not read', zh: '蓝牙电池读不到' },
    steps: [
      step('Is the adapter there and on?', '适配器是否存在且已开启？', 'doctor'),
      step('Switch it on', '开启适配器：rfkill unblock bluetooth; bluetoothctl power on'),
      step(
        'Is the pack heard, and how strongly? Below -85 dBm move the antenna',
        '能否听到电池、信号多强？低于 -85 dBm 请移动天线',
        'scan --no-serial',
      ),
      step(
        'A phone app that is connected keeps the pack to itself: close it',
        '手机 App 连接会独占电池：请关闭 App',
      ),
    ],
  },
  {
    id: 'hub-offline',
    title: { en: 'The station is offline in the hub', zh: '云端显示站点离线' },
    steps: [
      step(
        'Find where it ends: name, network, TLS, credentials or clock',
        '定位环节：域名、网络、TLS、密钥或时钟',
        'doctor',
      ),
      step('Was it taken offline on purpose?', '是否被有意下线？', 'status'),
      step('Bring it back', '恢复服务', 'online --reason "checked"'),
      step('See the backlog shrink', '确认积压在减少', 'queue stats'),
    ],
  },
  {
    id: 'credentials',
    title: { en: 'The hub refuses the station', zh: '云端拒绝站点登录' },
    steps: [
      step('See whether it is the secret or the device number', '确认是密钥还是编号问题', 'doctor'),
      step('Ask the operator for a new enrolment code', '向运营索取新的注册码'),
      step('Enrol', '重新注册', 'enroll CODE --force'),
      step('Restart the agent', '重启站点程序：systemctl restart voltbay-agent'),
    ],
  },
  {
    id: 'queue-grows',
    title: { en: 'Messages pile up', zh: '消息积压' },
    steps: [
      step('How many, how old, which lane', '数量、最早时间与通道', 'queue stats'),
      step('Is the hub connected?', '云端是否已连接？', 'status'),
      step(
        'Did the hub refuse messages? Send the bundle to support',
        '云端是否拒收？将诊断包发给技术支持',
        'queue quarantine',
      ),
      step('Is there room left?', '磁盘空间是否足够？', 'doctor'),
    ],
  },
  {
    id: 'no-swap',
    title: { en: 'Riders cannot swap', zh: '骑手无法换电' },
    steps: [
      step('Is the station in service?', '站点是否在服务中？', 'status'),
      step('Is there a charged pack of the rider’s class?', '是否有符合型号且已充电的电池？', 'packs'),
      step('Why did the last swap end?', '上一次换电为何结束？', 'swaps -n 5'),
      step('What did the hub ask, and what became of it?', '云端指令的执行结果如何？', 'commands -n 5'),
      step('Nothing found: collect diagnostics', '仍未找到：收集诊断信息', 'diag collect'),
    ],
  },
];
