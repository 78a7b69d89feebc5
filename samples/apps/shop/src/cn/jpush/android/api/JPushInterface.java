package cn.jpush.android.api;

import android.content.Context;
import android.content.Intent;

import cn.jpush.android.service.PushService;

/** Imitation of a push library: names only, nothing leaves the device. */
public final class JPushInterface {
    private JPushInterface() {
    }

    public static void init(Context context) {
        context.startService(new Intent(context, PushService.class).setAction("cn.jpush.android.intent.REGISTER"));
    }
}
