package com.example.reader.notes;

import android.app.Service;
import android.content.Intent;
import android.media.MediaRecorder;
import android.os.IBinder;

import java.io.File;
import java.io.IOException;

/** Records a spoken note. In the feature split. */
public final class RecorderService extends Service {
    private MediaRecorder recorder;

    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }

    @Override
    public int onStartCommand(Intent intent, int flags, int id) {
        recorder = new MediaRecorder();
        recorder.setAudioSource(MediaRecorder.AudioSource.MIC);
        recorder.setOutputFormat(MediaRecorder.OutputFormat.THREE_GPP);
        recorder.setAudioEncoder(MediaRecorder.AudioEncoder.AMR_NB);
        recorder.setOutputFile(new File(getFilesDir(), "note.3gp").getPath());
        try {
            recorder.prepare();
            recorder.start();
        } catch (IOException error) {
            stopSelf();
        }
        return START_NOT_STICKY;
    }

    @Override
    public void onDestroy() {
        if (recorder != null) {
            recorder.release();
        }
    }
}
