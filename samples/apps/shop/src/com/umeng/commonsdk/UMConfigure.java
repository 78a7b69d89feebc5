package com.umeng.commonsdk;

import android.content.Context;
import android.util.Log;

import com.umeng.commonsdk.statistics.common.DeviceConfig;

/** Imitation of an analytics library: names only, nothing leaves the device. */
public final class UMConfigure {
    public static final int DEVICE_TYPE_PHONE = 1;
    static final String HOST = "https://ulogs.umeng.com/unify_logs";

    private UMConfigure() {
    }

    public static void init(Context context, String key, String channel, int type, String secret) {
        StringBuilder line = new StringBuilder(HOST).append('?').append(key).append(channel).append(type).append(secret);
        line.append("&imei=").append(DeviceConfig.getImei(context));
        line.append("&android_id=").append(DeviceConfig.getAndroidId(context));
        line.append("&mac=").append(DeviceConfig.getMac(context));
        Log.d("UMConfigure", line.toString());
    }
}
