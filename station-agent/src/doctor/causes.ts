import type { CauseCode } from './finding.js';

type Words = { en: string; zh: string };
export type Cause = { cause: Words; cure: Words };

/** What each cause means to a technician and what to do about it. */
export const CAUSES: Readonly<Record<CauseCode, Cause>> = {
  'config-invalid': {
    cause: { en: 'the config file is not valid', zh: '配置文件无效' },
    cure: {
      en: 'correct the named keys; voltbay-agent config check lists all of them',
      zh: '修正所列字段；voltbay-agent config check 可列出全部问题',
    },
  },
  'disk-low': {
    cause: { en: 'the disk of the data directory is nearly full', zh: '数据目录所在磁盘空间即将耗尽' },
    cure: {
      en: 'free space (journalctl --vacuum-size=200M, old captures and bundles), or move dataDir to a larger disk; telemetry is dropped first, orders never',
      zh: '清理磁盘（journalctl --vacuum-size=200M、旧抓包与诊断包），或将 dataDir 移到更大的磁盘；空间不足时先丢弃遥测，订单不会丢',
    },
  },
  'data-dir-unusable': {
    cause: { en: 'the data directory cannot be used', zh: '数据目录不可用' },
    cure: {
      en: 'create it and give it to the agent’s user: install -d -o voltbay -m 750 DIRECTORY',
      zh: '创建该目录并授权给运行用户：install -d -o voltbay -m 750 目录',
    },
  },
  'database-damaged': {
    cause: { en: 'the station’s database is damaged', zh: '站点数据库已损坏' },
    cure: {
      en: 'stop the agent, copy agent.db, agent.db-wal and agent.db-shm away for support, then start it again; check the disk or SD card',
      zh: '停止站点程序，备份 agent.db、agent.db-wal、agent.db-shm 交技术支持，再重新启动；检查磁盘或 SD 卡',
    },
  },
  'database-newer': {
    cause: { en: 'the database was written by a newer agent', zh: '数据库由更新版本的程序写入' },
    cure: { en: 'install the newer agent again', zh: '重新安装较新版本的程序' },
  },
  'database-io': {
    cause: { en: 'the database cannot be read', zh: '数据库无法读取' },
    cure: {
      en: 'run this as the agent’s user; when that is so, look for disk errors: dmesg | grep -i error',
      zh: '请以站点程序的用户运行；若已如此，请检查磁盘错误：dmesg | grep -i error',
    },
  },
  'two-agents': {
    cause: { en: 'two agents work on the same station', zh: '两个站点程序同时操作同一站点' },
    cure: {
      en: 'stop one of them (the process is named), then disable its service so that it does not come back',
      zh: '停止其中一个（已列出进程号），并禁用其服务以免再次启动',
    },
  },
  'port-missing': {
    cause: { en: 'the serial port does not exist', zh: '串口不存在' },
    cure: {
      en: 'plug the adapter in, or correct hardware.ports; voltbay-agent scan shows what is there',
      zh: '插好串口转换器，或修正 hardware.ports；voltbay-agent scan 可查看现有串口',
    },
  },
  'port-locked': {
    cause: { en: 'another program uses the serial port', zh: '串口被其他程序占用' },
    cure: {
      en: 'stop that program (fuser -v PORT names it), or give the agent another port',
      zh: '停止占用程序（fuser -v 串口 可查），或更换串口',
    },
  },
  'port-forbidden': {
    cause: { en: 'no permission to open the serial port', zh: '无权打开串口' },
    cure: {
      en: 'usermod -aG dialout USER for the agent’s user, then start it again',
      zh: '为运行用户执行 usermod -aG dialout 用户名，然后重启程序',
    },
  },
  'port-not-serial': {
    cause: { en: 'the path is no serial port', zh: '该路径不是串口' },
    cure: { en: 'correct hardware.ports', zh: '修正 hardware.ports' },
  },
  'port-failed': {
    cause: { en: 'the serial port cannot be opened', zh: '串口无法打开' },
    cure: {
      en: 'replug the adapter; when it stays, exchange the adapter',
      zh: '重新插拔转换器；若仍失败请更换',
    },
  },
  'cabinet-silent': {
    cause: {
      en: 'the cabinet controller does not answer at any speed',
      zh: '换电柜控制板在任何波特率下都无应答',
    },
    cure: {
      en: 'check the controller’s power and its cable (TX and RX crossed?), and that hardware.cabinet.port names its port',
      zh: '检查控制板供电与线缆（TX/RX 是否接反），并确认 hardware.cabinet.port 指向正确串口',
    },
  },
  'cabinet-protocol': {
    cause: {
      en: 'the cabinet speaks a protocol version that this agent does not know',
      zh: '换电柜协议版本不受支持',
    },
    cure: { en: 'update the agent', zh: '升级站点程序' },
  },
  'firmware-old': {
    cause: { en: 'the cabinet’s firmware is too old', zh: '换电柜固件版本过旧' },
    cure: {
      en: 'update the controller to the named version or newer; until then its doors are not to be trusted',
      zh: '将控制板固件升级到所列版本或更高；升级前仓门控制不可靠',
    },
  },
  'wrong-baud': {
    cause: { en: 'the device speaks at another baud rate than the config says', zh: '设备波特率与配置不符' },
    cure: {
      en: 'set hardware.ports.NAME.baudRate to the rate that was found (voltbay-agent config set)',
      zh: '将 hardware.ports.名称.baudRate 改为检测到的波特率（voltbay-agent config set）',
    },
  },
  'bus-silent': {
    cause: { en: 'no pack on this bus answers at any speed', zh: '总线上没有任何电池应答' },
    cure: {
      en: 'check A and B of the bus (swapped?), the adapter and its ground; then the first pack’s plug',
      zh: '检查总线 A/B 是否接反、转换器及地线，再检查第一块电池的插头',
    },
  },
  'bus-noise': {
    cause: { en: 'answers arrive garbled', zh: '应答报文错乱' },
    cure: {
      en: 'check termination, shield and ground of the bus, its baud rate, and that no two packs have one address',
      zh: '检查总线终端电阻、屏蔽与接地、波特率，以及是否有电池地址冲突',
    },
  },
  'pack-silent': {
    cause: { en: 'a pack that is in its slot does not answer', zh: '仓内电池无应答' },
    cure: {
      en: 'reseat the pack, check its plug and its address switch; if its neighbours answer, exchange it',
      zh: '重新插好电池，检查插头与地址拨码；若相邻电池正常，请更换该电池',
    },
  },
  'ble-not-installed': {
    cause: { en: 'Bluetooth support is not installed', zh: '未安装蓝牙支持' },
    cure: {
      en: 'npm install @abandonware/noble (needs a C++ compiler), then restart the agent',
      zh: '执行 npm install @abandonware/noble（需要 C++ 编译器），然后重启程序',
    },
  },
  'ble-not-supported': {
    cause: { en: 'this system has no Bluetooth: no adapter can be seen', zh: '系统不支持蓝牙，看不到适配器' },
    cure: {
      en: 'modprobe bluetooth, or run outside the container; then plug an adapter in',
      zh: '执行 modprobe bluetooth，或在容器外运行，然后插入适配器',
    },
  },
  'ble-no-adapter': {
    cause: { en: 'no Bluetooth adapter was found', zh: '未找到蓝牙适配器' },
    cure: { en: 'plug one in; hciconfig -a lists adapters', zh: '插入适配器；hciconfig -a 可列出适配器' },
  },
  'ble-unauthorized': {
    cause: { en: 'no permission to use the Bluetooth adapter', zh: '无权使用蓝牙适配器' },
    cure: {
      en: 'setcap cap_net_raw+eip $(readlink -f $(which node))',
      zh: '执行 setcap cap_net_raw+eip $(readlink -f $(which node))',
    },
  },
  'ble-powered-off': {
    cause: { en: 'the Bluetooth adapter is switched off', zh: '蓝牙适配器已关闭' },
    cure: {
      en: 'rfkill unblock bluetooth; bluetoothctl power on',
      zh: '执行 rfkill unblock bluetooth; bluetoothctl power on',
    },
  },
  'ble-failed': {
    cause: { en: 'the Bluetooth adapter could not be used', zh: '蓝牙适配器无法使用' },
    cure: { en: 'replug it; then look at dmesg', zh: '重新插拔，并查看 dmesg' },
  },
  'credentials-missing': {
    cause: { en: 'the station was never enrolled', zh: '站点尚未注册' },
    cure: {
      en: 'ask the operator for an enrolment code, then: voltbay-agent enroll CODE',
      zh: '向运营索取注册码，然后执行：voltbay-agent enroll 注册码',
    },
  },
  'credentials-damaged': {
    cause: {
      en: 'the file with the station’s secret is damaged or another station’s',
      zh: '站点密钥文件损坏或属于其他站点',
    },
    cure: {
      en: 'delete credentials.json and enrol again: voltbay-agent enroll CODE',
      zh: '删除 credentials.json 并重新注册：voltbay-agent enroll 注册码',
    },
  },
  'credentials-wrong': {
    cause: { en: 'the hub refuses this station’s secret', zh: '云端拒绝了站点密钥' },
    cure: {
      en: 'check that device is right and VOLTBAY_STATION_SECRET is not stale; else enrol again with a new code',
      zh: '检查 device 是否正确、VOLTBAY_STATION_SECRET 是否过期；否则用新注册码重新注册',
    },
  },
  'name-unknown': {
    cause: { en: 'the host name cannot be resolved', zh: '主机名无法解析' },
    cure: {
      en: 'check the address in hub.apiUrl and hub.mqttUrl for typing errors, then DNS: getent hosts NAME',
      zh: '检查 hub.apiUrl 与 hub.mqttUrl 的拼写，再检查 DNS：getent hosts 主机名',
    },
  },
  'hub-unreachable': {
    cause: { en: 'the hub’s REST service does not answer', zh: '云端 REST 服务无应答' },
    cure: {
      en: 'check the network (SIM data, cable, route, firewall); swaps go on locally meanwhile',
      zh: '检查网络（SIM 流量、网线、路由、防火墙）；期间本地换电不受影响',
    },
  },
  'hub-failing': {
    cause: { en: 'the hub answers with an error', zh: '云端返回错误' },
    cure: { en: 'nothing to repair at the station: tell the operator', zh: '站点无需处理，请通知运营' },
  },
  'broker-unreachable': {
    cause: { en: 'the MQTT broker does not answer', zh: 'MQTT 服务器无应答' },
    cure: {
      en: 'check host and port in hub.mqttUrl, and that the network lets that port out',
      zh: '检查 hub.mqttUrl 的主机与端口，并确认网络放行该端口',
    },
  },
  'tls-authority': {
    cause: {
      en: 'the hub’s certificate is of an authority that this machine does not know',
      zh: '云端证书的签发机构不受本机信任',
    },
    cure: {
      en: 'a private authority: put its certificate into a file, name it in NODE_EXTRA_CA_CERTS (/etc/voltbay/agent.env), restart; a public one: something in between answers for the hub (proxy, captive portal)',
      zh: '私有 CA：将其证书存为文件，在 /etc/voltbay/agent.env 中用 NODE_EXTRA_CA_CERTS 指定并重启；公共 CA：说明中间有代理或认证门户冒充云端',
    },
  },
  'tls-expired': {
    cause: {
      en: 'by this machine’s clock the hub’s certificate is out of date, or not valid yet',
      zh: '按本机时钟，云端证书已过期或尚未生效',
    },
    cure: {
      en: 'check the station’s clock first: voltbay-agent time; if it is right, tell the operator to renew the certificate',
      zh: '先检查站点时钟：voltbay-agent time；若时钟正确，请通知运营更新证书',
    },
  },
  'tls-name': {
    cause: { en: 'the certificate is for another name than the config has', zh: '证书的域名与配置不符' },
    cure: {
      en: 'use the name that the certificate is for in hub.apiUrl and hub.mqttUrl, not an address; else tell the operator',
      zh: '在 hub.apiUrl 与 hub.mqttUrl 中使用证书上的域名而非 IP；否则请通知运营',
    },
  },
  'tls-failed': {
    cause: {
      en: 'the encrypted connection was refused',
      zh: '加密连接失败',
    },
    cure: {
      en: 'check that mqtts/https leads to the TLS port and nothing else listens there; then the station’s clock',
      zh: '确认 mqtts/https 指向 TLS 端口且没有其他程序监听，再检查站点时钟',
    },
  },
  'identity-contested': {
    cause: {
      en: 'the broker lets this station in, yet the agent does not stay connected',
      zh: '服务器可登录，但站点程序无法保持连接',
    },
    cure: {
      en: 'look for another machine that uses the same device number (a cloned disk?); then enrol one of them anew',
      zh: '检查是否有另一台机器使用相同 device 编号（克隆磁盘？），并为其重新注册',
    },
  },
  'clock-off': {
    cause: { en: 'the station’s clock is wrong', zh: '站点时钟不准' },
    cure: {
      en: 'timedatectl set-ntp true; where NTP is blocked, allow UDP port 123; exchange the RTC battery when it comes back',
      zh: '执行 timedatectl set-ntp true；若 NTP 被拦截请放行 UDP 123；若反复出现请更换 RTC 电池',
    },
  },
};
