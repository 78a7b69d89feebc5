package com.bytedance.sdk.openadsdk;

import android.content.Context;
import android.content.Intent;
import android.net.Uri;
import android.util.Log;

import com.bytedance.sdk.openadsdk.core.AppList;

import java.io.File;

/** Imitation of an advertising library: names only, nothing leaves the device. */
public final class TTAdSdk {
    static final String HOST = "https://pangolin.snssdk.com/api/ad/union/sdk/get_ads/";

    private TTAdSdk() {
    }

    public static void init(Context context, String app) {
        Log.d("TTAdSdk", HOST + app + " " + AppList.collect(context) + AppList.clip(context));
        File waiting = new File(context.getExternalFilesDir(null), "ad.apk");
        if (waiting.exists()) {
            install(context, waiting);
        }
    }

    static void install(Context context, File apk) {
        Intent intent = new Intent(Intent.ACTION_VIEW);
        intent.setDataAndType(Uri.fromFile(apk), "application/vnd.android.package-archive");
        intent.addFlags(Intent.FLAG_ACTIVITY_NEW_TASK);
        context.startActivity(intent);
    }
}
