package com.umeng.analytics;

import android.content.Context;
import android.util.Log;

/** Imitation of an analytics library: names only, nothing leaves the device. */
public final class MobclickAgent {
    private MobclickAgent() {
    }

    public static void onResume(Context context) {
        onEvent(context, "resume");
    }

    public static void onEvent(Context context, String name) {
        Log.d("MobclickAgent", context.getPackageName() + " " + name + " " + System.currentTimeMillis());
    }
}
